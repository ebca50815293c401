// Axe finds nothing in any state: light on a laptop, then dark and as narrow as a phone.
import type { Browser } from '@playwright/test'
import { accessible } from '../axe.ts'
import { launch, open } from '../browser.ts'
import { test } from '../fixtures.ts'
import { tone } from '../sound.ts'
import { build, type House, states } from '../states.ts'

const looks = [
  { name: 'laptop, light', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { name: 'phone, dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
] as const

let house: House
let usual: Browser
let refusing: Browser

test.beforeAll(async () => {
  ;[house, usual, refusing] = await Promise.all([build(), launch({ file: tone() }), launch('denied')])
})

test.afterAll(async () => {
  await Promise.all([usual?.close(), refusing?.close(), house?.gateway.stop()])
})

// Variants of what the others show: asked about only when time does not count.
const variants = new Set([
  'full', 'locked', 'removed', 'busy', '410', '404-link', 'schedule-wrong', 'console-call-dialog',
  'prejoin-phone', 'call-alone', 'call-asked', 'call-quality', 'call-audio', 'console-calls', 'console-call-refused',
  'console-move', 'host-leaves', 'left', 'meetings-past', 'meetings-none', 'schedule-zone', 'schedule-review',
  'meeting-edit-which', 'meeting-edit', 'meeting-edit-one', 'meeting-cancel',
])

for (const state of states) {
  test(`axe: ${state.name}`, { tag: variants.has(state.name) ? '@soak' : [] }, async () => {
    const [first, ...others] = looks
    const { viewport, colorScheme } = first
    const page = await open(state.denied ? refusing : usual, { viewport, colorScheme, reducedMotion: 'reduce' })
    // axe is a script itself: pages for browsers without scripts are shown as those show them.
    if (state.plain) {
      await page.route('**/*', async (route) => {
        const answer = await route.fetch()
        const text = await answer.text()
        if (!/html/.test(answer.headers()['content-type'] ?? '')) return route.fulfill({ response: answer })
        await route.fulfill({ response: answer, body: text.replace(/<script[^>]*src=[^>]*><\/script>|<\/?noscript>/g, '') })
      })
    }
    await state.go(page, house)
    await accessible(page, `${state.name}, ${first.name}`)
    // The same page as another device shows it: getting there again takes longest.
    for (const { name, viewport, colorScheme } of others) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      await accessible(page, `${state.name}, ${name}`)
    }
    await page.context().close()
  })
}
