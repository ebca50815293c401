// Networks that fail, change and forbid.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '../fixtures.ts'
import { Gateway } from '../gateway.ts'
import type { Guest } from '../guest.ts'
import { Phone } from '../phone.ts'
import { TCPRelay, UDPRelay } from '../relay.ts'
import { level, likeness, rate, there, voice } from '../sound.ts'
import { secret, Turn } from '../turn.ts'

const [ada, , phone] = [voice(0), voice(1), voice(2)]

/** Milliseconds until speech is heard; NaN if there is none. */
function soundAfter(heard: Float32Array): number {
  const window = rate / 20
  for (let at = 0; at + window <= heard.length; at += window) {
    if (level(heard.subarray(at, at + window)) > -40) return (1000 * at) / rate
  }
  return NaN
}

// Nothing comes back while the network is away, however long one waits: what ends the
// cut is that the page says so, and that five seconds have gone by.
async function fiveSeconds(since: number): Promise<void> {
  await new Promise((r) => setTimeout(r, Math.max(0, 5000 - (Date.now() - since))))
}

// How often the network is cut until sound was back in time: a machine that carries
// browsers, phones and gateway together may be late once, never each time.
const cuts = 3

interface Back {
  down: number // ms until the browser hears the phone
  up: number
  heard: { browser: Float32Array; phone: Float32Array }
}

const soon = (b?: Back): b is Back => !!b && b.down < 3000 && b.up < 3000

async function backAgain(a: Guest, p: Phone, how: string, restore: () => void): Promise<Back> {
  restore()
  const [h, hp] = await Promise.all([a.hears(5), p.listen(5)])
  const back = { down: soundAfter(h), up: soundAfter(hp), heard: { browser: h, phone: hp } }
  console.log(`after a cut of 5 s, ${how}: browser hears after ${back.down} ms, phone after ${back.up} ms`)
  return back
}

function expectBack(back?: Back): void {
  expect.soft(likeness(phone.sound, back!.heard.browser), 'the browser hears the phone again').toBeGreaterThan(there)
  expect.soft(likeness(ada.sound, back!.heard.phone), 'the phone hears the browser again').toBeGreaterThan(there)
  expect(back!.down).toBeLessThan(3000)
  expect(back!.up).toBeLessThan(3000)
}

// What a path is known by: a restart of ICE makes a new name (RFC 8445 §9). A path that
// comes back as it was may need none.
const path = (a: Guest) => a.page.evaluate(() => /a=ice-ufrag:(\S+)/.exec(window.testConnections.at(-1)!.localDescription!.sdp)?.[1])

for (const way of ['the same way', 'another way'] as const) {
  test(`media cut for 5 s, then ${way}: same participant, sound within 3 s`, { tag: way === 'another way' ? [] : '@soak' }, async ({ gateway, enter, phone: call }) => {
    test.setTimeout(120_000)
    const room = await gateway.room('Ferry')
    const relays = [await UDPRelay.open(gateway.mediaPort), await UDPRelay.open(gateway.mediaPort)] as const
    const p = await call(room, phone)
    const a = await enter(room, 'Ada', { mic: ada, network: { udpPort: relays[0].port } })
    await a.connected()
    await expect.poll(() => relays[0].passed, { message: 'media goes by way of the relay' }).toBeGreaterThan(50)
    const before = (await gateway.legsIn(room)).find((l) => l.protocol === 'webrtc')!
    const first = await path(a)

    let back: Back | undefined
    for (let n = 1; n <= cuts && !soon(back); n++) {
      relays[0].cut = relays[1].cut = true
      const since = Date.now()
      await expect.poll(async () => level(await p.listen(1)), { message: 'the phone hears nobody' }).toBeLessThan(-50)
      // From another network the browser finds the gateway at another port, as a laptop that
      // has left its cable; the browser is told by the system.
      const next = way === 'the same way' ? relays[0] : relays[n % 2]!
      if (way === 'another way') await a.page.evaluate((port) => (window.testNetwork.udpPort = port), next.port)
      await fiveSeconds(since)
      back = await backAgain(a, p, way, () => {
        next.cut = false
        if (way === 'another way') void a.page.evaluate(() => window.dispatchEvent(new Event('online')))
      })
    }
    expectBack(back)
    const after = (await gateway.legsIn(room)).filter((l) => l.protocol === 'webrtc')
    expect(after.map((l) => l.id)).toEqual([before.id])
    if (way === 'another way') {
      expect(await path(a), 'ICE was restarted').not.toBe(first)
      expect(relays[1].passed).toBeGreaterThan(50)
    }
    for (const r of relays) r.close()
  })
}

test('everything cut for 5 s, signalling too: same participant, sound within 3 s', { tag: '@soak' }, async ({ gateway, enter, phone: call }) => {
  test.setTimeout(120_000)
  const room = await gateway.room('Lighthouse')
  const udp = await UDPRelay.open(gateway.mediaPort)
  const tcp = await TCPRelay.open(Number(new URL(gateway.url).port))
  const p = await call(room, phone)
  const a = await enter(room, 'Ada', { mic: ada, network: { udpPort: udp.port }, url: `http://127.0.0.1:${tcp.port}` })
  await a.connected()
  const before = (await gateway.legsIn(room)).find((l) => l.protocol === 'webrtc')!

  let back: Back | undefined
  for (let n = 1; n <= cuts && !soon(back); n++) {
    udp.cut = tcp.cut = true
    await fiveSeconds(Date.now())
    back = await backAgain(a, p, 'signalling too', () => (udp.cut = tcp.cut = false))
  }
  expectBack(back)
  const after = (await gateway.legsIn(room)).filter((l) => l.protocol === 'webrtc')
  expect(after.map((l) => l.id)).toEqual([before.id])
  udp.close()
  tcp.close()
})

test('by TCP alone, where UDP is blocked', { tag: '@soak' }, async ({ gateway, enter, phone: call }) => {
  const room = await gateway.room('Bank')
  const dead = await UDPRelay.open(gateway.mediaPort)
  dead.cut = true
  const p = await call(room, phone)
  const a = await enter(room, 'Ada', { mic: ada, network: { udpPort: dead.port, keepTCP: true } })
  await a.connected()
  const [h, hp] = await Promise.all([a.hears(4), p.listen(4)])
  expect(likeness(phone.sound, h)).toBeGreaterThan(there)
  expect(likeness(ada.sound, hp)).toBeGreaterThan(there)
  dead.close()
})

test('by a TURN relay alone, with time-limited credentials', async ({ enter }) => {
  const turn = await Turn.start()
  const secretFile = join(tmpdir(), `partyline-turn-${process.pid}.key`)
  writeFileSync(secretFile, secret, { mode: 0o600 })
  const g = await Gateway.start(
    `webrtc: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"], turn: {urls: ["turn:127.0.0.1:${turn.port}?transport=udp"], secret_file: ${secretFile}}}`,
  )
  const room = await g.room('Embassy')
  const p = Phone.dial(`sip:${room.extension}.${room.pin}@${g.sip}`, phone)
  try {
    const a = await enter(room, 'Ada', { mic: ada, network: { relayOnly: true }, gateway: g })
    await a.connected()
    const kind = () =>
      a.page.evaluate(async () => {
        const all = new Map<string, Record<string, unknown>>()
        ;(await window.testConnections.at(-1)!.getStats()).forEach((s, id) => all.set(id, s))
        const transport = [...all.values()].find((s) => s.type === 'transport')
        const pair = all.get(String(transport?.selectedCandidatePairId))
        return all.get(String(pair?.localCandidateId))?.candidateType
      })
    await expect.poll(kind).toBe('relay')
    const user = turn.log.join('\n').match(/user <(\d+)(?::[^>]*)?>/)?.[1]
    const left = Number(user) - Date.now() / 1000
    expect(left, 'the credentials run out').toBeGreaterThan(60)
    expect(left, 'the credentials run out').toBeLessThan(25 * 3600)
    const [h, hp] = await Promise.all([a.hears(4), p.listen(4)])
    expect(likeness(phone.sound, h)).toBeGreaterThan(there)
    expect(likeness(ada.sound, hp)).toBeGreaterThan(there)
  } finally {
    await p.hangUp()
    await g.stop()
    await turn.stop()
  }
})
