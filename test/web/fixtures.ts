// What a test is given: a gateway, browsers and telephones that end with the test.
import { writeFileSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, expect, type Page, test as base } from '@playwright/test'
import { launch, type Microphone, type Network, open } from './browser.ts'
import { Endpoint } from './endpoint.ts'
import { account, Gateway, type Room } from './gateway.ts'
import { Guest } from './guest.ts'
import { Phone } from './phone.ts'
import { type Voice, voice } from './sound.ts'

export { expect }

/** How somebody comes with a browser. */
export interface Coming {
  mic?: Microphone | Voice
  context?: BrowserContextOptions
  network?: Network
  /** Address of the page instead of the gateway's own. */
  url?: string
  /** The gateway instead of the one that tests share. */
  gateway?: Gateway
}

interface Test {
  /** Opens a browser with a microphone. */
  browse(coming?: Coming): Promise<Page>
  /** Opens a room's link: the screen before the call. */
  visit(room: Room, coming?: Coming): Promise<Guest>
  /** Goes into a room by its link. */
  enter(room: Room, name: string, coming?: Coming): Promise<Guest>
  /** Signs in and goes into a room as its host. */
  host(room: Room, coming?: Coming): Promise<Guest>
  /** Calls a room from a SIP phone, and waits until it is in. */
  phone(room: Room, voice: Voice, user?: string): Promise<Phone>
  /** Calls a room from an H.323 room system, and waits until it is in. */
  endpoint(room: Room, voice: Voice): Promise<Endpoint>
  report: void
}

/** Browsers that no test uses now, by their microphones: starting one takes seconds. */
type Pool = Map<string, Browser[]>

export const test = base.extend<Test, { gateway: Gateway; pool: Pool }>({
  pool: [
    async ({}, use) => {
      const pool: Pool = new Map()
      await use(pool)
      await Promise.all([...pool.values()].flat().map((b) => b.close()))
    },
    { scope: 'worker' },
  ],

  gateway: [
    async ({}, use) => {
      const g = await Gateway.start()
      try {
        await g.account()
        await use(g)
      } finally {
        await g.stop()
      }
    },
    { scope: 'worker' },
  ],

  report: [
    async ({ gateway }, use, info) => {
      const from = gateway.log.length
      await use()
      if (info.status !== info.expectedStatus) {
        const file = info.outputPath('gateway.log')
        writeFileSync(file, gateway.log.slice(from).join('\n'))
        await info.attach('gateway.log', { path: file })
      }
    },
    { auto: true },
  ],

  browse: async ({ pool }, use, info) => {
    const browsers: { of: string; b: Browser }[] = []
    const said: string[] = []
    await use(async ({ mic = voice(0), context, network } = {}) => {
      const own = typeof mic === 'object' && 'browser' in mic ? { file: mic.browser } : mic
      const of = JSON.stringify(own)
      const b = pool.get(of)?.pop() ?? (await launch(own))
      const n = browsers.push({ of, b }) - 1
      const page = await open(b, context, network)
      page.on('console', (m) => said.push(`${n} ${m.type()}: ${m.text()}`))
      page.on('pageerror', (e) => said.push(`${n} ${e}`))
      return page
    })
    const failed = info.status !== info.expectedStatus
    if (failed) {
      writeFileSync(info.outputPath('console.log'), said.join('\n'))
      const pages = browsers.flatMap(({ b }) => b.contexts().flatMap((c) => c.pages()))
      for (const [i, p] of pages.entries()) await p.screenshot({ path: info.outputPath(`page-${i}.png`), timeout: 5000 }).catch(() => 0)
    }
    for (const { of, b } of browsers) {
      if (failed) await b.close()
      else {
        await Promise.all(b.contexts().map((c) => c.close()))
        pool.set(of, [...(pool.get(of) ?? []), b])
      }
    }
  },

  visit: async ({ browse, gateway }, use) => {
    await use(async (room, coming = {}) => {
      const page = await browse(coming)
      const link = new URL(room.guest_link)
      await page.goto((coming.url ?? (coming.gateway ?? gateway).url) + link.pathname)
      return new Guest(page)
    })
  },

  enter: async ({ visit }, use) => {
    await use(async (room, name, coming) => {
      const guest = await visit(room, coming)
      await guest.join(name)
      await guest.inRoom()
      return guest
    })
  },

  host: async ({ browse, gateway }, use) => {
    await use(async (room, coming = {}) => {
      const page = await browse(coming)
      const url = coming.url ?? (coming.gateway ?? gateway).url
      const { email, password } = account
      const answer = await page.request.post(`${url}/api/v1/session`, { data: { email, password } })
      expect(answer.status(), await answer.text()).toBeLessThan(300)
      await page.goto(`${url}/rooms/${room.id}`)
      const host = new Guest(page)
      await host.joinAsHost()
      return host
    })
  },

  phone: async ({ gateway }, use) => {
    const phones: Phone[] = []
    await use(async (room, speech, user) => {
      const inRoom = async () => (await gateway.legsIn(room)).filter((l) => l.protocol === 'sip').length
      const before = await inRoom()
      let p: Phone | undefined
      await expect(async () => {
        if (!p || p.over) phones.push((p = Phone.dial(`sip:${room.extension}.${room.pin}@${gateway.sip}`, speech, user)))
        expect(await inRoom(), 'the phone is in the room').toBe(before + 1)
      }).toPass({ timeout: 20_000 })
      return p!
    })
    await Promise.all(phones.map((p) => p.hangUp()))
  },

  endpoint: async ({ gateway }, use) => {
    const all: Endpoint[] = []
    await use(async (room, speech) => {
      const inRoom = async () => (await gateway.legsIn(room)).filter((l) => l.protocol === 'h323').length
      const before = await inRoom()
      let e: Endpoint | undefined
      await expect(async () => {
        // Refused while the machine was held up: who calls tries again.
        if (!e || e.over) all.push((e = new Endpoint(gateway.h323, `${room.extension}#${room.pin}`, speech)))
        expect(await inRoom(), 'the room system is in the room').toBe(before + 1)
      }).toPass({ timeout: 20_000 })
      return e!
    })
    await Promise.all(all.map((e) => e.leave()))
  },
})
