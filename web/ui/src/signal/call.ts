// The call as a state machine: (call, event) → (call, what to do). No DOM, no socket, no
// clock: session.ts has those and does what is returned here.
import { ask, mute, mutedByHost, ownMute, settled } from './mute.ts'
import { changed, difference, nobody, whole, type Roster } from './roster.ts'
import type { FromServer, NoticeKind, Person, Quality, ToServer, Ways, Welcome } from './types.ts'

export type Phase = 'idle' | 'connecting' | 'lobby' | 'room' | 'ended'

export interface Call {
  phase: Phase
  online: boolean // the gateway has welcomed this socket
  media: 'new' | 'up' | 'down'
  you: string
  resume: string
  role: 'guest' | 'host'
  title: string
  room?: string // its id, for hosts who are signed in
  ways?: Ways
  people: Roster
  counted: boolean // a roster has come since the welcome
  locked: boolean
  muted: boolean
  wish?: boolean
  keyed: boolean // a key was pressed just now, which may mute or unmute us
  asked: boolean // a host asks us to unmute
  quality?: Quality
  problem?: { field: string; message: string }
  ended?: { cause: string; text: string; wait?: number } // wait: seconds until trying again makes sense
}

export type News =
  | { kind: 'joined' | 'left' | 'waiting' | 'hands'; people: Person[] }
  | { kind: 'muted-by-host' | 'asked' | 'hand-lowered' | 'admitted' | 'host' | 'moved' | 'lost' | 'back' }
  | { kind: 'error'; code: string }

export type Effect =
  | { do: 'send'; message: ToServer }
  | { do: 'offer'; restart: boolean }
  | { do: 'answer'; sdp: string }
  | { do: 'news'; news: News }
  | { do: 'settle' } // give the gateway a moment to confirm, then step with "settled"
  | { do: 'again' } // say hello anew, without the resume token
  | { do: 'done'; id: number; code?: string } // code: it was not done
  | { do: 'close' }

export type Event =
  | { type: 'join'; resume: string; muted: boolean }
  | { type: 'socket'; up: boolean }
  | { type: 'gave-up' }
  | { type: 'media'; up: boolean }
  | { type: 'server'; message: FromServer }
  | { type: 'mute'; on: boolean }
  | { type: 'key'; digit: string }
  | { type: 'decline' } // "stay muted" to a host's question
  | { type: 'settled' }
  | { type: 'leave' }
  | { type: 'reset' }

export const idle: Call = {
  phase: 'idle',
  online: false,
  media: 'new',
  you: '',
  resume: '',
  role: 'guest',
  title: '',
  people: nobody,
  counted: false,
  locked: false,
  muted: false,
  keyed: false,
  asked: false,
}

export type Step = [Call, Effect[]]

export const send = (message: ToServer): Effect => ({ do: 'send', message })
export const tell = (news: News): Effect => ({ do: 'news', news })
const live = (call: Call): boolean => call.phase === 'lobby' || call.phase === 'room'

export function step(call: Call, event: Event): Step {
  if (event.type === 'join') {
    return [{ ...idle, phase: 'connecting', resume: event.resume, muted: event.muted }, []]
  }
  if (event.type === 'reset') return [idle, []]
  if (call.phase === 'idle' || call.phase === 'ended') return [call, []]
  switch (event.type) {
    case 'server':
      return heard(call, event.message)
    case 'socket':
      return socket(call, event.up)
    case 'media':
      return [{ ...call, media: event.up ? 'up' : call.media === 'new' ? 'new' : 'down' }, []]
    case 'mute':
      return mute(call, event.on)
    case 'key':
      return [{ ...call, keyed: true }, [send({ type: 'key', digit: event.digit }), { do: 'settle' }]]
    case 'decline':
      return [{ ...call, asked: false }, []]
    case 'settled':
      return settled(call)
    case 'gave-up':
      return end(call, 'unreachable', '')
    case 'leave':
      return end(call, 'left', '', [send({ type: 'leave' })])
  }
}

function end(call: Call, cause: string, text: string, first: Effect[] = [], wait?: number): Step {
  const ended: Call = { ...call, phase: 'ended', online: false, resume: '', asked: false, ended: { cause, text, ...(wait ? { wait } : {}) } }
  return [ended, [...first, { do: 'close' }]]
}

function socket(call: Call, up: boolean): Step {
  if (up || !call.online) return [call, []]
  return [{ ...call, online: false }, live(call) ? [tell({ kind: 'lost' })] : []]
}

function heard(call: Call, m: FromServer): Step {
  switch (m.type) {
    case 'welcome':
      return welcome(call, m)
    case 'answer':
      return [call, [{ do: 'answer', sdp: m.sdp }]]
    case 'state':
      return place(call, m.state)
    case 'roster':
      return roster({ ...call, locked: m.locked ?? false }, whole(m.people))
    case 'people':
      return roster({ ...call, locked: m.locked ?? call.locked }, changed(call.people, m.set, m.gone))
    case 'notice':
      return notice(call, m.kind)
    case 'moved':
      // Another room: who is there comes next, and is no news.
      return [{ ...call, role: m.role, title: m.title, room: m.room, ways: m.ways, people: nobody, counted: false }, [tell({ kind: 'moved' })]]
    case 'quality':
      return [{ ...call, quality: { loss: m.loss, jitter_ms: m.jitter_ms, rtt_ms: m.rtt_ms, mos: m.mos, level: m.level } }, []]
    case 'done':
      return [call, [{ do: 'done', id: m.id }]]
    case 'error':
      return error(call, m)
    case 'bye':
      // The place that was to be taken up again is gone: come in as somebody new.
      if (call.you === '' && call.resume) return [{ ...call, resume: '' }, [{ do: 'again' }]]
      return end(call, m.cause, m.text, [], m.wait)
    default:
      return [call, []] // "pong", and what newer gateways may say
  }
}

function welcome(call: Call, m: Welcome): Step {
  const back = call.you !== '' && live(call)
  const fresh = call.you !== m.you || call.media === 'new'
  const after: Call = {
    ...call,
    online: true,
    media: fresh ? 'new' : call.media,
    counted: false,
    you: m.you,
    resume: m.resume,
    role: m.role,
    title: m.title ?? '',
    ways: m.ways ?? call.ways,
    room: m.room ?? call.room,
  }
  const effects: Effect[] = [{ do: 'offer', restart: !fresh }]
  if (back) effects.push(tell({ kind: 'back' }))
  return [after, effects]
}

function place(call: Call, state: 'connecting' | 'lobby' | 'room'): Step {
  if (state === 'connecting') return [call, []]
  const admitted = call.phase === 'lobby' && state === 'room'
  return [{ ...call, phase: state }, admitted ? [tell({ kind: 'admitted' })] : []]
}

function roster(call: Call, people: Roster): Step {
  const effects: Effect[] = []
  // What was there when we came is no news; after a reconnect the difference is.
  if (call.counted || call.people.size > 0) {
    const d = difference(call.people, people, call.you)
    if (d.waiting.length) effects.push(tell({ kind: 'waiting', people: d.waiting }))
    if (d.joined.length) effects.push(tell({ kind: 'joined', people: d.joined }))
    if (d.left.length) effects.push(tell({ kind: 'left', people: d.left }))
    if (d.hands.length) effects.push(tell({ kind: 'hands', people: d.hands }))
  }
  const own = people.get(call.you)
  const [after, more] = own ? ownMute({ ...call, people }, own) : ([{ ...call, people }, []] as Step)
  return [{ ...after, counted: true }, [...effects, ...more]]
}

function notice(call: Call, kind: NoticeKind): Step {
  switch (kind) {
    case 'muted':
      return mutedByHost(call)
    case 'unmuted':
      return ask(call)
    case 'hand-lowered':
      return [call, [tell({ kind: 'hand-lowered' })]]
    case 'admitted':
      return place(call, 'room')
    case 'host':
      return [{ ...call, role: 'host' }, [tell({ kind: 'host' })]]
    default:
      return [call, []] // "removed" and "ended" are followed by "bye"
  }
}

function error(call: Call, m: { code: string; field?: string; message: string; id?: number }): Step {
  if (m.id) return [call, [{ do: 'done', id: m.id, code: m.code }]]
  if (call.phase === 'connecting' && m.field) {
    return [{ ...idle, problem: { field: m.field, message: m.message } }, [{ do: 'close' }]]
  }
  return [call, [tell({ kind: 'error', code: m.code })]]
}
