// Guest links are keys: what they open, and when they no longer do.
import { expect, test } from '../fixtures.ts'
import { voice } from '../sound.ts'

test('a regenerated link refuses the old one at once', async ({ gateway, visit, browse, enter }) => {
  const room = await gateway.room('Allotment')
  const waiting = await visit(room, { mic: voice(0) }) // has the page open, hasn't joined
  const inside = await enter(room, 'Bob', { mic: voice(1) })

  await gateway.cli('room', 'link', room.extension, '--regenerate', '--json')
  await waiting.join('Ada')
  await expect(waiting.page.getByRole('heading', { name: 'This link was replaced' })).toBeVisible()
  await expect(inside.controls).toBeVisible() // who is in stays in

  const page = await browse()
  const answer = await page.goto(gateway.url + new URL(room.guest_link).pathname)
  expect(answer?.status()).toBe(410)
  await expect(page.getByRole('heading', { name: 'This link was replaced' })).toBeVisible()
  expect(await page.content()).not.toContain('Allotment')
})

test('an unknown link is a 404 that leaks no title', async ({ gateway, browse }) => {
  await gateway.room('Allotment')
  const page = await browse()
  for (const path of ['/j/AAAAAAAAAAAAAAAAAAAAAA', '/j/x', '/nothing']) {
    const answer = await page.goto(gateway.url + path)
    expect(answer?.status(), path).toBe(404)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    expect(await page.content()).not.toContain('Allotment')
  }
})

test('nobody else than its host sees a room by the API', { tag: '@soak' }, async ({ gateway, browse, enter }) => {
  const room = await gateway.room('Vestry')
  const guest = await enter(room, 'Ada', { mic: voice(0) })
  const kept = await guest.page.evaluate(() => JSON.stringify({ ...sessionStorage }))
  const resume = /"resume\\?":\\?"([^"\\]+)/.exec(kept)?.[1] ?? ''
  expect(resume).not.toBe('')
  const api = `${gateway.url}/api/v1/rooms/${room.id}`
  const asGuest = { headers: { Authorization: `Bearer ${resume}` } }
  for (const path of ['', '/live']) {
    expect((await guest.page.request.get(api + path, asGuest)).status(), `guest, ${path}`).toBe(403)
    const stranger = await browse()
    expect((await stranger.request.get(api + path)).status(), `stranger, ${path}`).toBe(401)
  }
})
