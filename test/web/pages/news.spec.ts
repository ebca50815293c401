// What screen readers are told: who joins and leaves, who waits, whose hand is up.
import { Crowd, person, table, thirty } from '../crowd.ts'
import { expect, test } from '../fixtures.ts'
import { Guest } from '../guest.ts'
import { account } from '../gateway.ts'

test('joins, hands and being muted are said', async ({ gateway, browse }) => {
  const room = await gateway.room('Newsroom')
  const page = await browse()
  const crowd = await Crowd.play(page, {})
  await page.goto(gateway.url + new URL(room.guest_link).pathname)
  const a = new Guest(page)
  await a.join('Ada')
  await a.inRoom()
  const polite = page.getByRole('status')
  await expect(a.people).toHaveCount(table.length)

  crowd.say({ type: 'people', set: [person('w-9', 'Alan Turing', 'browser')] })
  await expect(polite.filter({ hasText: 'Alan Turing joined' })).toHaveCount(1)
  crowd.say({ type: 'people', set: [{ ...person('w-9', 'Alan Turing', 'browser'), hand: true }] })
  await expect(polite.filter({ hasText: 'Alan Turing has raised a hand' })).toHaveCount(1)
  crowd.say({ type: 'people', gone: ['w-9'] })
  await expect(polite.filter({ hasText: 'Alan Turing left' })).toHaveCount(1)
  crowd.say({ type: 'notice', kind: 'muted' })
  await expect(page.getByRole('alert').filter({ hasText: 'The host has muted you.' })).toHaveCount(1)
})

test('from the lobby: waiting is said to hosts, being let in to guests', async ({ gateway, browse }) => {
  const room = await gateway.room('Antechamber')
  const page = await browse()
  const crowd = await Crowd.play(page, { place: 'lobby' })
  await page.goto(gateway.url + new URL(room.guest_link).pathname)
  const a = new Guest(page)
  await a.join('Ada')
  await expect(page.getByRole('heading', { name: 'Almost there' })).toBeVisible()
  crowd.say({ type: 'notice', kind: 'admitted' })
  crowd.say({ type: 'state', state: 'room' })
  crowd.say({ type: 'roster', locked: false, people: table })
  await a.inRoom()
  await expect(page.getByRole('status').filter({ hasText: 'You are in.' })).toHaveCount(1)

  const other = await browse()
  const { email, password } = account
  await other.request.post(`${gateway.url}/api/v1/session`, { data: { email, password } })
  const hosts = await Crowd.play(other, { role: 'host', people: thirty().filter((p) => p.state === 'room') })
  await other.goto(`${gateway.url}/rooms/${room.id}`)
  const h = new Guest(other)
  await h.joinAsHost()
  await expect(h.people).toHaveCount(30)
  hosts.say({ type: 'people', set: [{ ...person('l-1', 'Linus Pauling', 'browser'), state: 'lobby' }] })
  await expect(other.getByRole('status').filter({ hasText: 'Linus Pauling is waiting in the lobby' })).toHaveCount(1)
})
