// The admin page: an account that may see it, and a played API that shows all that it
// can show.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import type { Gateway } from './gateway.ts'
import type { House, State } from './states.ts'

export const admin = { email: 'ops@example.org', name: 'Margaret Hamilton', password: 'another correct horse battery' }

const made = new WeakSet<Gateway>()

/** Signs in as an admin, whose account is made when it is first wanted. */
export async function signInAsAdmin(page: Page, gateway: Gateway): Promise<void> {
  const known = await page.request.get(`${gateway.url}/api/v1/session`)
  if (known.ok() && ((await known.json()) as { user: { email: string } }).user.email === admin.email) return
  if (!made.has(gateway)) {
    made.add(gateway)
    const file = join(gateway.dir, 'admin-password')
    writeFileSync(file, admin.password, { mode: 0o600 })
    await gateway.cli('user', 'add', admin.email, '--name', admin.name, '--admin', '--password-file', file)
  }
  const answer = await page.request.post(`${gateway.url}/api/v1/session`, { data: { email: admin.email, password: admin.password } })
  expect(answer.status(), await answer.text()).toBe(200)
}

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const ahead = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

const call = (id: string, more: object) => ({
  id, protocol: 'sip', direction: 'in', remote: '198.51.100.7:5060', state: 'room', room: '112752642', role: 'guest', codec: 'pcma', encrypted: false, muted: false,
  started_at: ago(12), duration_s: 734, loss_in: 0.002, loss_out: 0, jitter_ms: 4.2, rtt_ms: 38, playout_ms: 40, mos: 4.3, packets_in: 36700, packets_out: 36700, ...more,
})

const ladder = `conversation 4f2a91c0@198.51.100.7, began 14:02:31.204
+41 44 **** ** 18 → 112752642 by carrier-a

        198.51.100.7:5060                partyline
               │                             │
 14:02:31.204  │── INVITE ──────────────────▶│  sip:112752642@203.0.113.10, PCMA PCMU
 14:02:31.206  │◀───────────── 100 Trying ───│
 14:02:31.231  │◀───────────────── 200 OK ───│  PCMA, 203.0.113.10:20014
 14:02:31.268  │── ACK ─────────────────────▶│
 14:14:45.002  │── BYE ─────────────────────▶│  Q.850;cause=16
 14:14:45.003  │◀───────────────── 200 OK ───│
               │                             │
ended: the party hung up (12 min 14 s)
`

const played = {
  status: {
    version: '1.7.0', started_at: ago(5000), uptime_s: 300_000, ready: true, draining: false, strain: 0.31, calls: 4, rooms: 2, config_file: '/etc/partyline/partyline.yaml',
    listeners: [
      { protocol: 'sip', address: 'udp://203.0.113.10:5060' }, { protocol: 'sip', address: 'tls://203.0.113.10:5061' }, { protocol: 'h323', address: 'tcp://203.0.113.10:1720' },
      { protocol: 'web', address: 'https://203.0.113.10:443' }, { protocol: 'webrtc', address: 'udp://203.0.113.10:7880' }, { protocol: 'metrics', address: 'http://127.0.0.1:9464' },
    ],
    gatekeeper: { registered: true, phase: 'registered', since: ago(4999) },
    certificates: [{ use: 'sip', names: ['meet.example.org'], expires_at: ahead(61) }],
    database: { waiting: 0, dropped: 0 }, outbox_waiting: 2,
  },
  trunks: [
    {
      name: 'carrier-a', state: 'partly', calls_in: 2, calls_out: 1, max_calls: 60, failures: 3,
      peers: [
        { uri: 'sip:sbc1.carrier.example:5061;transport=tls', address: 'tls://198.51.100.7:5061', state: 'up', since: ago(4900), rtt_ms: 11.4, last_status: 200 },
        { uri: 'sip:sbc2.carrier.example:5061;transport=tls', address: 'tls://198.51.100.8:5061', state: 'down', since: ago(31), last_error: 'no answer to OPTIONS within 4 s' },
      ],
      registrations: [{ registrar: 'sip:registrar.carrier.example', state: 'registered', since: ago(4900), expires_at: ahead(0.006) }],
    },
    { name: 'pbx', state: 'unknown', calls_in: 0, calls_out: 0, max_calls: 0, failures: 0, peers: [], registrations: [] },
  ],
  numbers: [
    { number: '+41445550100', trunk: 'carrier-a', label: 'Zürich', language: 'de', to: 'reception' },
    { number: '+41445550177', trunk: 'carrier-a', to: '112752642', room: 'Quarterly review' },
    { number: '+41445550178', trunk: 'carrier-a', to: '999', missing: true },
  ],
  calls: [
    call('leg-1', { name: 'Ada Lovelace', number: '+41445551218', trunk: 'carrier-a', product: 'Yealink SIP-T54W 96.86.0.100', call_id: '4f2a91c0@198.51.100.7', called: '112752642' }),
    call('leg-2', { protocol: 'webrtc', name: 'Katherine Johnson', remote: '203.0.113.77:51334', role: 'host', codec: 'opus', encrypted: true, mos: 4.4, rtt_ms: 22 }),
    call('leg-3', { protocol: 'h323', name: 'Boardroom Zürich with a name that is far too long for any phone', remote: '192.0.2.44:1720', codec: 'g722', loss_in: 0.14, jitter_ms: 81, rtt_ms: 410, mos: 2.6, muted: true }),
    call('leg-4', { direction: 'out', number: '+442079460018', remote: '198.51.100.8:5061', trunk: 'carrier-a', state: 'reception', room: undefined, role: undefined, mos: 0, duration_s: 4 }),
  ],
  rooms: [
    { id: 'r1', extension: '112752642', name: 'Quarterly review', owner: 'grace@example.org', meeting: true, max_participants: 50, lobby: true, count: 3, waiting: 1, hosts: 1, locked: true },
    { id: 'r2', extension: '112752643', name: 'Interviews with candidates from all over the world', meeting: false, max_participants: 0, lobby: false, count: 0, waiting: 0, hosts: 0, locked: false },
  ],
  failures: [
    { at: ago(3), first_at: ago(20), count: 12, id: 'f1', protocol: 'sip', direction: 'in', caller: '+41 44 *** ** 18', called: '4711', peer: '198.51.100.7:5060', trunk: 'carrier-a', cause: 'unroutable', status: 404, reason: 'no room has the extension 4711, and no rule of the dialplan matches' },
    { at: ago(17), first_at: ago(17), count: 1, id: 'f2', protocol: 'sip', direction: 'out', caller: '', called: '+44 20 **** **18', peer: '198.51.100.8:5061', trunk: 'carrier-a', cause: 'busy', status: 486, reason: 'the party is busy (486 Busy Here)' },
    { at: ago(55), first_at: ago(55), count: 1, protocol: 'h323', direction: 'in', peer: '192.0.2.99:40112', called: '', cause: 'encryption-required', status: 79, reason: 'h323.encryption is required and the room system offers none' },
  ],
  config: {
    file: '/etc/partyline/partyline.yaml', loaded_at: ago(600), restart: ['sip.listen'],
    settings: [
      { key: 'server.domain', value: 'meet.example.org', given: true }, { key: 'server.drain_time', value: '30s', given: false },
      { key: 'sip.listen', value: 'udp://:5060, tcp://:5060, tls://:5061', given: true }, { key: 'sip.srtp', value: 'preferred', given: false },
      { key: 'trunks[carrier-a].peers', value: 'sip:sbc1.carrier.example:5061;transport=tls', given: true }, { key: 'trunks[carrier-a].auth.username', value: 'acme', given: true },
      { key: 'trunks[carrier-a].auth.password_file', value: '/run/credentials/partyline/carrier-a', given: true }, { key: 'limits.calls', value: '2000', given: false },
    ],
  },
  changes: [
    { id: 9, at: ago(2), by: 'account', who: 'ops@example.org', from: '203.0.113.4', action: 'reload', subject: 'configuration', detail: 'in force: trunks; needs a restart: sip.listen' },
    { id: 8, at: ago(9), by: 'account', who: 'grace@example.org', from: '203.0.113.77', action: 'change-room', subject: 'room 112752642 (Quarterly review)', detail: 'lobby: off → on; PIN: replaced' },
    { id: 7, at: ago(31), by: 'account', who: 'grace@example.org', from: '198.51.100.99', action: 'sign-in', subject: 'account grace@example.org', failed: true },
    { id: 6, at: ago(90), by: 'cli', who: 'root', action: 'add-user', subject: 'account ops@example.org', detail: 'admin' },
    { id: 5, at: ago(3000), by: 'system', who: '', action: 'reload', subject: 'configuration', detail: 'nothing changed' },
  ],
}

/** What is to be played otherwise. */
interface Played {
  empty?: boolean // nothing is there of what could be
  trouble?: boolean
  noLadder?: boolean
  mistakes?: boolean
}

/** Plays the API of admins in a page. */
export async function playAdmin(page: Page, p: Played = {}): Promise<void> {
  const status = p.trouble
    ? { ...played.status, ready: false, strain: 0.88, gatekeeper: { ...played.status.gatekeeper, registered: false, phase: 'waiting' }, database: { fault: 'database is locked', waiting: 41, dropped: 0 }, certificates: [{ use: 'web', names: [], expires_at: ahead(-2) }, { use: 'sip', names: [], expires_at: ahead(6.5) }] }
    : played.status
  const trunks = p.empty ? [] : p.trouble ? [{ ...played.trunks[0], state: 'down' }] : played.trunks
  const answers: Record<string, (search: string) => object> = {
    status: () => status,
    trunks: () => ({ trunks }),
    numbers: () => ({ numbers: p.empty ? [] : played.numbers }),
    calls: () => ({ calls: p.empty ? [] : played.calls, total: p.empty ? 0 : played.calls.length }),
    rooms: (search) => {
      const rooms = p.empty ? [] : played.rooms.filter((r) => r.name.toLowerCase().includes(search.toLowerCase()))
      return { rooms, total: rooms.length }
    },
    failures: () => ({ failures: p.empty ? [] : played.failures }),
    config: () => (p.empty ? { loaded_at: ago(9), settings: [{ key: 'sip.srtp', value: 'preferred', given: false }], restart: [] } : played.config),
    audit: (search) => ({ changes: p.empty ? [] : played.changes.filter((c) => JSON.stringify(c).includes(search)) }),
  }
  await page.route('**/api/v1/admin/**', async (route) => {
    const url = new URL(route.request().url())
    const path = url.pathname.split('/admin/')[1] ?? ''
    const method = route.request().method()
    if (path.endsWith('/trace')) {
      if (p.noLadder) return route.fulfill({ status: 404, json: { status: 404, title: 'Not Found' } })
      return route.fulfill({ json: { id: 'leg-1', ladder } })
    }
    if (path === 'reload') {
      if (!p.mistakes) return route.fulfill({ json: { applied: ['trunks', 'limits.calls'], restart: ['sip.listen'] } })
      const errors = [{ location: '/etc/partyline/partyline.yaml:12:3', message: 'there is no key "lisen"; did you mean "listen"?' }]
      return route.fulfill({ status: 422, json: { status: 422, title: 'Unprocessable Entity', detail: 'the configuration has mistakes; nothing was changed', errors } })
    }
    if (method === 'DELETE') return route.fulfill({ status: 204 })
    await route.fulfill({ json: answers[path]!(url.searchParams.get('search') ?? '') })
  })
}

const state = (name: string, path: string, seen: (page: Page) => Promise<void>, p: Played = {}): State => ({
  name,
  async go(page: Page, house: House) {
    await signInAsAdmin(page, house.gateway)
    await playAdmin(page, p)
    await page.goto(house.gateway.url + path)
    await seen(page)
  },
})

const shows = (text: string | RegExp) => async (page: Page) => {
  await expect(page.getByText(text).first()).toBeVisible()
}

export const adminStates: State[] = [
  state('admin', '/admin', shows('carrier-a')),
  state('admin-trouble', '/admin', shows(/need your attention/), { trouble: true }),
  state('admin-fine', '/admin', shows('Everything works.'), { empty: true }),
  state('admin-trunks', '/admin/trunks', shows('no answer to OPTIONS within 4 s')),
  state('admin-trunks-none', '/admin/trunks', shows('No trunks'), { empty: true }),
  state('admin-calls', '/admin/calls', shows('Ada Lovelace')),
  state('admin-calls-none', '/admin/calls', shows('No calls'), { empty: true }),
  state('admin-end', '/admin/calls', async (page) => {
    await page.getByRole('button', { name: 'End the call of Ada Lovelace' }).click()
    await expect(page.getByRole('dialog', { name: 'End the call of Ada Lovelace?' })).toBeVisible()
  }),
  state('admin-call', '/admin/calls/leg-1', shows(/INVITE/)),
  state('admin-call-none', '/admin/calls/leg-9', shows('No messages are kept of this call'), { noLadder: true }),
  state('admin-rooms', '/admin/rooms', shows('Quarterly review')),
  state('admin-rooms-nomatch', '/admin/rooms', async (page) => {
    await page.getByRole('searchbox').fill('nowhere')
    await expect(page.getByText('No room matches “nowhere”.')).toBeVisible()
  }),
  state('admin-failures', '/admin/failures', shows('Leads nowhere')),
  state('admin-failures-none', '/admin/failures', shows('No failures'), { empty: true }),
  state('admin-configuration', '/admin/configuration', async (page) => {
    await expect(page.getByText('meet.example.org').first()).toBeVisible()
    await page.getByRole('checkbox', { name: 'Show defaults too' }).check()
    await expect(page.getByText('limits.calls')).toBeVisible()
  }),
  state('admin-configuration-none', '/admin/configuration', shows(/all keys have their defaults/), { empty: true }),
  state('admin-reloaded', '/admin/configuration', async (page) => {
    await page.getByRole('button', { name: 'Reload' }).click()
    await expect(page.getByText('In force now:')).toBeVisible()
  }),
  state('admin-reload-failed', '/admin/configuration', async (page) => {
    await page.getByRole('button', { name: 'Reload' }).click()
    await expect(page.getByText(/there is no key/)).toBeVisible()
  }, { mistakes: true }),
  state('admin-changes', '/admin/changes', shows('lobby: off → on; PIN: replaced')),
  state('admin-changes-nomatch', '/admin/changes?search=zebra', shows('Nothing matches. Widen the search.')),
]
