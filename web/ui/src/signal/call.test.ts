import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idle, step, type Call, type Effect, type Event } from './call.ts'
import type { FromServer, Person } from './types.ts'

const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  name: id.toUpperCase(),
  kind: 'browser',
  host: false,
  muted: false,
  hand: false,
  talking: false,
  ...more,
})

/** Plays events one after another; gives the call and what the last one asked for. */
function play(events: Event[], from: Call = idle): [Call, Effect[]] {
  let call = from
  let effects: Effect[] = []
  for (const e of events) [call, effects] = step(call, e)
  return [call, effects]
}

const says = (message: FromServer): Event => ({ type: 'server', message })
const join = (resume = '', muted = false): Event => ({ type: 'join', resume, muted })
const welcome = (you = 'me', role: 'guest' | 'host' = 'guest'): Event =>
  says({ type: 'welcome', you, resume: 'token', role, title: 'Review' })
const roster = (...people: Person[]): Event => says({ type: 'roster', locked: false, people })
const people = (set: Person[], gone: string[] = []): Event => says({ type: 'people', set, gone })
const inRoom: Event[] = [join(), welcome(), says({ type: 'state', state: 'room' }), roster(person('me'), person('ada'))]

const sent = (effects: Effect[]) => effects.flatMap((e) => (e.do === 'send' ? [e.message] : []))
const news = (effects: Effect[]) => effects.flatMap((e) => (e.do === 'news' ? [e.news.kind] : []))

test('a guest comes in by the lobby', () => {
  const [waiting, effects] = play([join(), welcome()])
  assert.equal(waiting.phase, 'connecting')
  assert.deepEqual(effects, [{ do: 'offer', restart: false }])
  const [lobby] = play([says({ type: 'state', state: 'lobby' })], waiting)
  assert.equal(lobby.phase, 'lobby')
  const [room, last] = play([says({ type: 'state', state: 'room' })], lobby)
  assert.equal(room.phase, 'room')
  assert.deepEqual(news(last), ['admitted'])
})

test('who was there is no news, who comes and goes is', () => {
  const [call, first] = play(inRoom)
  assert.deepEqual(news(first), [])
  const [, joined] = play([people([person('bo')])], call)
  assert.deepEqual(news(joined), ['joined'])
  const [, left] = play([people([], ['ada'])], call)
  assert.deepEqual(news(left), ['left'])
  const [, hand] = play([people([person('ada', { hand: true })])], call)
  assert.deepEqual(news(hand), ['hands'])
  const [, own] = play([people([person('me', { hand: true })])], call)
  assert.deepEqual(news(own), [], 'oneself is no news')
})

test('a host hears of the lobby, and of who is let in', () => {
  const [call] = play(inRoom)
  const [waits, first] = play([people([person('bo', { state: 'lobby' })])], call)
  assert.deepEqual(news(first), ['waiting'])
  const [, second] = play([people([person('bo', { state: 'room' })])], waits)
  assert.deepEqual(news(second), ['joined'])
  const [, gone] = play([people([], ['bo'])], waits)
  assert.deepEqual(news(gone), [], 'who never was in does not leave')
})

test('a press mutes at once and stands until the gateway agrees', () => {
  const [call, effects] = play([...inRoom, { type: 'mute', on: true }])
  assert.equal(call.muted, true)
  assert.deepEqual(sent(effects), [{ type: 'mute', on: true }])
  const [still] = play([people([person('me', { talking: true })])], call)
  assert.equal(still.muted, true, 'an older state of the roster does not undo it')
  const [done] = play([people([person('me', { muted: true })])], still)
  assert.equal(done.wish, undefined)
})

test('a press that the gateway did not follow is taken back', () => {
  const [call] = play([...inRoom, { type: 'mute', on: true }, people([person('me', { muted: true })]), { type: 'mute', on: false }])
  assert.equal(call.muted, false)
  const [after] = play([{ type: 'settled' }], call)
  assert.equal(after.muted, true, 'the gateway keeps us muted: the button says so')
})

test('the host mutes us: the button shows it, once told', () => {
  const [call, effects] = play([...inRoom, says({ type: 'notice', kind: 'muted' })])
  assert.equal(call.muted, true)
  assert.deepEqual(news(effects), ['muted-by-host'])
  const [byRoster] = play([...inRoom, people([person('me', { muted: true })])])
  assert.equal(byRoster.muted, true)
})

for (const order of ['notice first', 'roster first'] as const) {
  test(`a host's unmute is a question and opens nothing (${order})`, () => {
    const muted = [...inRoom, says({ type: 'notice', kind: 'muted' }), people([person('me', { muted: true })])]
    const notice = says({ type: 'notice', kind: 'unmuted' })
    const open = people([person('me')])
    const [call] = play(muted)
    const [one, first] = play(order === 'notice first' ? [notice] : [open], call)
    assert.equal(one.muted, true)
    assert.equal(one.asked, true)
    assert.deepEqual(sent(first), [{ type: 'mute', on: true }])
    assert.deepEqual(news(first), ['asked'])
    const [two, second] = play(order === 'notice first' ? [open] : [notice], one)
    assert.equal(two.muted, true)
    assert.deepEqual(sent(second), [])
    assert.deepEqual(news(second), [], 'asked once')
    const [yes, third] = play([{ type: 'mute', on: false }], two)
    assert.equal(yes.muted, false)
    assert.equal(yes.asked, false)
    assert.deepEqual(sent(third), [{ type: 'mute', on: false }])
    const [no] = play([{ type: 'decline' }], two)
    assert.equal(no.muted, true)
    assert.equal(no.asked, false)
  })
}

test('a key may unmute: *6 is our own doing', () => {
  const muted = play([...inRoom, says({ type: 'notice', kind: 'muted' }), people([person('me', { muted: true })])])[0]
  const [call, effects] = play([{ type: 'key', digit: '6' }], muted)
  assert.deepEqual(sent(effects), [{ type: 'key', digit: '6' }])
  const [open] = play([people([person('me')])], call)
  assert.equal(open.muted, false)
  assert.equal(open.asked, false)
})

test('muted before coming in: the gateway is told with the first roster', () => {
  const [call, effects] = play([join('', true), welcome(), says({ type: 'state', state: 'room' }), roster(person('me'))])
  assert.equal(call.muted, true)
  assert.equal(call.asked, false)
  assert.deepEqual(sent(effects), [{ type: 'mute', on: true }])
})

test('muted on entry by the room', () => {
  const [call] = play([join(), welcome(), says({ type: 'state', state: 'room' }), roster(person('me', { muted: true }))])
  assert.equal(call.muted, true)
})

test('a lost socket comes back: same leg, ICE restart, the difference is told', () => {
  const [call] = play([...inRoom, { type: 'media', up: true }])
  const [lost, first] = play([{ type: 'socket', up: false }], call)
  assert.equal(lost.online, false)
  assert.equal(lost.phase, 'room')
  assert.deepEqual(news(first), ['lost'])
  assert.deepEqual(play([{ type: 'socket', up: false }], lost)[1], [], 'told once')
  const [back, second] = play([welcome()], lost)
  assert.deepEqual(second, [{ do: 'offer', restart: true }, { do: 'news', news: { kind: 'back' } }])
  const [, third] = play([roster(person('me'), person('bo'))], back)
  assert.deepEqual(news(third).sort(), ['joined', 'left'])
})

test('another leg after a lost one begins a new connection', () => {
  const [call] = play([...inRoom, { type: 'media', up: true }, { type: 'socket', up: false }])
  const [back, effects] = play([welcome('other')], call)
  assert.equal(back.media, 'new')
  assert.deepEqual(effects[0], { do: 'offer', restart: false })
})

test('a stale place after a reload leads in anew, once', () => {
  const bye = says({ type: 'bye', cause: 'lost', text: '' })
  const [again, effects] = play([join('old'), bye])
  assert.deepEqual(effects, [{ do: 'again' }])
  assert.equal(again.phase, 'connecting')
  assert.equal(again.resume, '')
  assert.equal(play([bye], again)[0].phase, 'ended')
})

test('every end closes, forgets the place and keeps the cause', () => {
  const [call, effects] = play([...inRoom, says({ type: 'bye', cause: 'removed', text: '' })])
  assert.equal(call.phase, 'ended')
  assert.equal(call.ended?.cause, 'removed')
  assert.equal(call.resume, '')
  assert.deepEqual(effects, [{ do: 'close' }])
  assert.deepEqual(step(call, welcome()), [call, []], 'nothing moves an ended call')
  const [, leaving] = play([...inRoom, { type: 'leave' }])
  assert.deepEqual(leaving, [{ do: 'send', message: { type: 'leave' } }, { do: 'close' }])
})

test('a name that the gateway refuses leads back to the first screen', () => {
  const [call, effects] = play([join(), says({ type: 'error', code: 'name', field: 'name', message: 'too long' })])
  assert.equal(call.phase, 'idle')
  assert.deepEqual(call.problem, { field: 'name', message: 'too long' })
  assert.deepEqual(effects, [{ do: 'close' }])
})

test('answers to commands', () => {
  assert.deepEqual(play([...inRoom, says({ type: 'done', id: 7 })])[1], [{ do: 'done', id: 7 }])
  const [, failed] = play([...inRoom, says({ type: 'error', code: 'not-here', message: 'gone', id: 7 })])
  assert.deepEqual(failed, [{ do: 'done', id: 7, code: 'not-here' }])
})

test('a guest becomes host; the lock is shown', () => {
  const [call] = play([...inRoom, says({ type: 'notice', kind: 'host' }), says({ type: 'people', locked: true })])
  assert.equal(call.role, 'host')
  assert.equal(call.locked, true)
})

test('what newer gateways say does no harm', () => {
  const [call] = play(inRoom)
  assert.deepEqual(step(call, says({ type: 'weather' } as unknown as FromServer)), [call, []])
})
