// The page to try out beforehand: it repeats what one says and tells how it was.
import { expect, test } from '../fixtures.ts'
import { Guest } from '../guest.ts'
import { likeness, there, voice } from '../sound.ts'

test('the test page echoes and shows a result', async ({ gateway, browse }) => {
  test.setTimeout(120_000)
  const page = await browse({ mic: voice(0) })
  await page.goto(`${gateway.url}/test`)
  const start = page.getByRole('button', { name: 'Start the test call' })
  const speak = page.getByText('Speak now: you hear yourself in a moment.')
  // Refused by a gateway whose machine is held up: again.
  await expect(async () => {
    if (await start.isVisible()) await start.click()
    await expect(speak).toBeVisible({ timeout: 5_000 })
  }).toPass({ timeout: 40_000 })
  const echo = new Guest(page)
  await expect.poll(async () => likeness(voice(0).sound, await echo.hears(2)), { message: 'one hears oneself' }).toBeGreaterThan(there)
  await expect(page.getByText(/^Your connection: (Good|Fair|Poor)$/)).toBeVisible({ timeout: 30_000 })
  for (const figure of ['Packets lost', 'Jitter', 'Round trip', 'Level of your voice']) {
    await expect(page.getByRole('term').filter({ hasText: figure })).toBeVisible()
  }
  await expect(page.getByText('Your voice arrives loud and clear.').or(page.getByText(/^Your voice is/))).toBeVisible()
})
