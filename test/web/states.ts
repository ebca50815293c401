// Every state that the page can be in, and how to get there. Tests ask axe about each,
// and `make shots` takes pictures of them.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Locator, type Page } from '@playwright/test'
import { Gateway, type Room } from './gateway.ts'
import { Crowd, type Scene, table, thirty } from './crowd.ts'
import { Guest } from './guest.ts'
import { signIn as signInAs } from './host.ts'
import { meetingStates, plan, type Planned } from './meetings.ts'

/** A gateway with all ways in configured, and its rooms. */
export interface House {
  gateway: Gateway
  open: Room
  lobby: Room
  replaced: Room
  /** A weekly meeting with three people invited. */
  sync: Planned
}

/** Mail and SMS are queued; nobody is there to take them. */
export function sending(): string {
  const secret = join(mkdtempSync(join(tmpdir(), 'partyline-sms-')), 'secret')
  writeFileSync(secret, 'a secret of the tests', { mode: 0o600 })
  return `mail: {smtp: "smtp://127.0.0.1:9", from: "Meetings <meet@example.org>"}
sms: {country: CH, webhook: {url: "http://127.0.0.1:9/", secret_file: ${secret}}}`
}

export async function build(): Promise<House> {
  const gateway = await Gateway.start(
    `numbers:
  - {number: "+41445550100", label: Zürich, language: de, to: reception}
  - {number: "+442079460100", label: London, language: en, to: reception}
  - {number: "+33186260100", label: Paris, language: fr, to: reception}
${sending()}`,
    'domain: meet.example.org',
  )
  await gateway.account()
  const open = await gateway.room('Quarterly review')
  const lobby = await gateway.room('Interviews with candidates from all over the world', '--lobby')
  const replaced = await gateway.room('Allotment')
  await gateway.cli('room', 'link', replaced.extension, '--regenerate')
  return { gateway, open, lobby, replaced, sync: await plan(gateway) }
}

export interface State {
  name: string
  /** A microphone that is refused. */
  denied?: boolean
  /** Without scripts. */
  plain?: boolean
  /** Goes there; the page is new. */
  go(page: Page, house: House): Promise<void>
}

const path = (room: Room) => new URL(room.guest_link).pathname

async function visit(page: Page, house: House, room = house.open): Promise<Guest> {
  await page.goto(house.gateway.url + path(room))
  const guest = new Guest(page)
  await expect(guest.joinButton).toBeVisible()
  return guest
}

/** Goes into a played call. */
async function inside(page: Page, house: House, scene: Scene = {}): Promise<{ guest: Guest; crowd: Crowd }> {
  const crowd = await Crowd.play(page, scene)
  const guest = await visit(page, house)
  await guest.join('Ada Lovelace')
  if (scene.bye) return { guest, crowd }
  if (scene.place === 'lobby') await expect(page.getByRole('heading', { name: 'Almost there' })).toBeVisible()
  else await guest.inRoom()
  return { guest, crowd }
}

export const signIn = (page: Page, house: House): Promise<void> => signInAs(page, house.gateway)

async function hosting(page: Page, house: House): Promise<Guest> {
  await signIn(page, house)
  await Crowd.play(page, { role: 'host', people: thirty() })
  await page.goto(`${house.gateway.url}/rooms/${house.open.id}`)
  const host = new Guest(page)
  await host.joinAsHost()
  return host
}

/** In the call with the console open, as it is at once where there is room for it. */
async function managing(page: Page, house: House): Promise<void> {
  const host = await hosting(page, house)
  if ((page.viewportSize()?.width ?? 0) < 1024) await host.control(/Manage/).click()
}

/** Plays calls out in all their states. */
async function callsOut(page: Page): Promise<void> {
  const call = (n: number, to: string, state: string, more: object = {}) => ({ id: `o-${n}`, to, confirm: false, host: false, since: '2026-11-22T12:00:00Z', state, ...more })
  const calls = [
    call(1, '+41 44 555 01 77', 'ringing', { name: 'Ada Lovelace' }),
    call(2, '+41 44 555 01 78', 'answered', { confirm: true, leg: 's-9' }),
    call(3, 'sip:lukasz.wisniewski-zolkiewski@meet.example.org', 'calling'),
    call(4, 'h323:600@192.0.2.7', 'failed', { name: 'Boardroom Zürich', cause: 'busy' }),
    call(5, '+49 30 901820', 'failed', { name: 'Marie Skłodowska Curie', confirm: true, leg: 's-8', cause: 'no-answer' }),
  ]
  await page.route('**/api/v1/rooms/*/calls', (r) => r.fulfill({ json: { calls } }))
}

/** The window for a new call. */
async function callDialog(page: Page, house: House): Promise<Locator> {
  await managing(page, house)
  await page.getByRole('button', { name: 'Call someone' }).click()
  return page.getByRole('dialog', { name: 'Call someone' })
}

/** The ways into the room as its link tells them. */
async function ways(page: Page, house: House): Promise<object> {
  const token = path(house.open).split('/').pop()
  const answer = await page.request.get(`${house.gateway.url}/api/v1/links/${token}`)
  return ((await answer.json()) as { ways: object }).ways
}

const ends = (cause: string, heading: string): State => ({
  name: cause,
  async go(page, house) {
    await inside(page, house, { bye: cause })
    await expect(page.getByRole('heading', { name: heading })).toBeVisible()
  },
})

const shows = (name: string, at: (h: House) => string, more: Partial<State> = {}): State => ({
  name,
  ...more,
  async go(page, house) {
    await page.goto(house.gateway.url + at(house))
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  },
})

export const states: State[] = [
  {
    name: 'prejoin',
    async go(page, house) {
      const guest = await visit(page, house)
      const allow = page.getByRole('button', { name: 'Allow the microphone' })
      const works = page.getByText('Your microphone works well.')
      await expect(allow.or(works)).toBeVisible()
      // The question may be answered by the browser while the button is looked at.
      if (await allow.isVisible()) await allow.click({ timeout: 2000 }).catch(() => undefined)
      const unmute = page.getByRole('button', { name: 'Unmute' })
      await expect(works.or(unmute)).toBeVisible()
      // It was, and the click met the button that took its place.
      if (await unmute.isVisible()) await unmute.click()
      await expect(works).toBeVisible()
      await guest.name.fill('Ada Lovelace')
    },
  },
  {
    name: 'prejoin-phone',
    async go(page, house) {
      const guest = await visit(page, house)
      await page.getByText('Join by phone instead').click()
      await expect(page.getByRole('link', { name: /\+41 44 555 01 00/ })).toBeVisible()
      await guest.joinButton.click()
      await expect(page.getByText('Please enter your name')).toBeVisible()
    },
  },
  {
    name: 'denied',
    denied: true,
    async go(page, house) {
      await visit(page, house)
      await page.getByRole('button', { name: 'Allow the microphone' }).click()
      await expect(page.getByRole('heading', { name: 'Your browser isn’t sharing the microphone' })).toBeVisible()
    },
  },
  shows('no-scripts', (h) => path(h.open), { plain: true }),
  {
    name: 'lobby',
    async go(page, house) {
      await inside(page, house, { place: 'lobby' })
    },
  },
  {
    name: 'call',
    async go(page, house) {
      const { guest } = await inside(page, house)
      await expect(guest.people).toHaveCount(table.length)
    },
  },
  {
    name: 'call-alone',
    async go(page, house) {
      await inside(page, house, { people: table.slice(0, 1) })
      await expect(page.getByText('You are the first one here.')).toBeVisible()
    },
  },
  {
    name: 'call-asked',
    async go(page, house) {
      const { guest, crowd } = await inside(page, house)
      await guest.control('Mute').click()
      crowd.say({ type: 'people', set: [{ ...table[0]!, muted: true }] })
      await expect(guest.person('Ada')).toContainText('muted')
      crowd.say({ type: 'notice', kind: 'unmuted' })
      await expect(page.getByText('The host would like to hear you.')).toBeVisible()
    },
  },
  {
    name: 'call-invite',
    async go(page, house) {
      const { guest } = await inside(page, house, { ways: await ways(page, house) })
      await guest.press('Invite')
      await expect(page.getByRole('dialog', { name: 'Invite others' })).toBeVisible()
    },
  },
  {
    name: 'call-quality',
    async go(page, house) {
      await inside(page, house, { quality: { loss: 0.12, jitter_ms: 80, rtt_ms: 900, mos: 2.2, level: -30 } })
      await page.getByRole('button', { name: /Your connection|Poor/ }).click()
      await expect(page.getByText('Packets lost')).toBeVisible()
    },
  },
  {
    name: 'call-audio',
    async go(page, house) {
      const { guest } = await inside(page, house)
      await guest.press('Audio')
      await expect(page.getByRole('dialog', { name: 'Microphone and speaker' })).toBeVisible()
    },
  },
  {
    name: 'console',
    async go(page, house) {
      await managing(page, house)
      await expect(page.getByText('Linus Pauling')).toBeVisible()
    },
  },
  {
    name: 'console-calls',
    async go(page, house) {
      await callsOut(page)
      await managing(page, house)
      await expect(page.getByRole('region', { name: 'Calls under way' })).toBeVisible()
    },
  },
  {
    name: 'console-call-dialog',
    async go(page, house) {
      const dialog = await callDialog(page, house)
      await dialog.getByRole('combobox').fill('+41 44 555 01 77')
      await dialog.getByLabel('Name in the meeting').fill('Ada Lovelace')
    },
  },
  {
    name: 'console-call-refused',
    async go(page, house) {
      const dialog = await callDialog(page, house)
      await dialog.getByRole('combobox').fill('+88 213 000 000')
      await dialog.getByRole('button', { name: 'Call', exact: true }).click()
      await expect(dialog.getByText(/not allowed/)).toBeVisible()
    },
  },
  {
    name: 'console-move',
    async go(page, house) {
      await managing(page, house)
      await page.getByRole('button', { name: 'More about Ada Lovelace' }).first().click()
      await page.getByRole('button', { name: 'Move to another room' }).click()
      await expect(page.getByRole('dialog', { name: 'Move Ada Lovelace' }).getByLabel('Room or meeting')).toBeVisible()
    },
  },
  {
    name: 'host-leaves',
    async go(page, house) {
      const host = await hosting(page, house)
      await host.control('Leave').click()
      await expect(page.getByRole('dialog', { name: 'Leave the meeting?' })).toBeVisible()
    },
  },
  ends('ended', 'The meeting has ended'),
  ends('full', 'The meeting is full'),
  ends('locked', 'The meeting is locked'),
  ends('removed', 'You were removed from the meeting'),
  ends('busy', 'Too busy right now'),
  {
    name: 'left',
    async go(page, house) {
      const { guest } = await inside(page, house)
      await guest.control('Leave').click()
      await expect(page.getByRole('heading', { name: 'You have left' })).toBeVisible()
    },
  },
  shows('404', () => '/nothing-here'),
  shows('404-link', () => '/j/AAAAAAAAAAAAAAAAAAAAAA'),
  shows('410', (h) => path(h.replaced)),
  shows('dial-in', (h) => `/dial-in/${h.open.extension}`, { plain: true }),
  shows('test', () => '/test'),
  shows('sign-in', () => '/'),
  {
    name: 'rooms',
    async go(page, house) {
      await signIn(page, house)
      await page.goto(house.gateway.url + '/')
      await expect(page.getByText('Quarterly review').first()).toBeVisible()
    },
  },
  {
    name: 'room-settings',
    async go(page, house) {
      await signIn(page, house)
      await page.goto(house.gateway.url + '/')
      await page.getByRole('button', { name: 'Settings of Quarterly review' }).click()
      await expect(page.getByRole('dialog').getByRole('switch', { name: /^Lobby/ })).toBeVisible()
    },
  },
  ...meetingStates,
]
