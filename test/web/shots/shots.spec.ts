// A picture of every state into build/shots: STATE-WIDTH-SCHEME.png.
import { resolve } from 'node:path'
import type { Browser } from '@playwright/test'
import { launch, open } from '../browser.ts'
import { test } from '../fixtures.ts'
import { tone } from '../sound.ts'
import { adminStates } from '../admin.ts'
import { build, type House, states } from '../states.ts'

const into = resolve(import.meta.dirname, '../../../build/shots')
const sizes = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
]

let house: House
let usual: Browser
let refusing: Browser

test.beforeAll(async () => {
  ;[house, usual, refusing] = await Promise.all([build(), launch({ file: tone() }), launch('denied')])
})

test.afterAll(async () => {
  await Promise.all([usual?.close(), refusing?.close(), house?.gateway.stop()])
})

for (const state of [...states, ...adminStates]) {
  for (const viewport of sizes) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`${state.name} ${viewport.width} ${colorScheme}`, async () => {
        const page = await open(state.denied ? refusing : usual, {
          viewport,
          colorScheme,
          reducedMotion: 'reduce',
          deviceScaleFactor: 1,
          javaScriptEnabled: !state.plain,
        })
        await state.go(page, house)
        await page.evaluate(() => document.fonts.ready)
        await page.screenshot({ path: resolve(into, `${state.name}-${viewport.width}-${colorScheme}.png`), animations: 'disabled' })
        await page.context().close()
      })
    }
  }
}
