// A guest who comes before the meeting opens: when it does, and in by itself then.
import { expect } from '@playwright/test'
import { accessible } from '../axe.ts'
import { test } from '../fixtures.ts'
import { asHost } from '../host.ts'

interface Planned {
  id: string
  guest_link: string
}

/** A meeting in Zurich that opens in so many seconds. */
function opening(seconds: number, title: string) {
  const early = 10 // minutes
  const at = new Date(Math.ceil((Date.now() + seconds * 1000) / 60_000) * 60_000 + early * 60_000)
  const local = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Zurich', dateStyle: 'short', timeStyle: 'short' }).format(at)
  return { title, start: local.replace(' ', 'T'), zone: 'Europe/Zurich', duration_min: 30, join_early_min: early }
}

test('the page counts down, and opens by itself', async ({ gateway, browse }) => {
  const meeting = await asHost(gateway, (ask) => ask<Planned>('POST', '/meetings', opening(3 * 3600, 'Star party')))
  const page = await browse({ context: { timezoneId: 'America/New_York' } })
  let told = 0
  page.on('request', (r) => (told += r.url().endsWith('/opened') && r.method() === 'POST' ? 1 : 0))
  await page.goto(gateway.url + new URL(meeting.guest_link).pathname)
  await expect(page.getByRole('heading', { level: 1, name: 'Star party' })).toBeFocused()
  await expect(page.getByText('Opens in', { exact: true })).toBeVisible()
  await expect(page.getByText(/^Your time \(America\/New_York/)).toBeVisible()
  await expect(page.getByText(/^There: .*\(Europe\/Zurich, UTC/)).toBeVisible()
  await expect(page.getByText(/You can come in from .* lets you in by itself/)).toBeVisible()
  await accessible(page, 'early')
  expect(told).toBe(1)

  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Add to calendar' }).click()
  expect((await coming).suggestedFilename()).toBe('Star party.ics')

  // The host moves it to now: the page finds out when somebody comes back to it.
  await asHost(gateway, (ask) => ask('PATCH', `/meetings/${meeting.id}`, opening(-120, 'Star party')))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  expect(told, 'once a page load').toBe(1)
})

test('a meeting that was cancelled says so in words', { tag: '@soak' }, async ({ gateway, browse }) => {
  const meeting = await asHost(gateway, (ask) => ask<Planned>('POST', '/meetings', opening(3600, 'Never')))
  const page = await browse()
  const path = new URL(meeting.guest_link).pathname
  await page.goto(gateway.url + path)
  await expect(page.getByText('Opens in', { exact: true })).toBeVisible()
  await asHost(gateway, (ask) => ask('POST', `/meetings/${meeting.id}/cancel`))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await expect(page.getByRole('heading', { name: 'This link has ended' })).toBeVisible()
  await accessible(page, 'ended')
  expect((await page.request.get(gateway.url + path)).status()).toBe(410)
})

test('too busy: it is tried again by itself, and can be stopped', async ({ gateway, visit }) => {
  const room = await gateway.room('Busy')
  const guest = await visit(room)
  const { page } = guest
  let tries = 0
  await page.routeWebSocket('**/api/v1/signal', (ws) => {
    tries++
    ws.onMessage(() => ws.send(JSON.stringify({ type: 'bye', cause: 'busy', text: '' })))
  })
  await guest.join('Ada')
  await expect(page.getByRole('heading', { name: 'Too busy right now' })).toBeVisible()
  await expect(page.getByText(/Trying again by itself in \d+ seconds?/)).toBeVisible()
  await accessible(page, 'too busy')
  await expect.poll(() => tries, { timeout: 20_000 }).toBeGreaterThan(1)
  await page.getByRole('button', { name: 'Stop trying' }).click()
  await expect(page.getByText(/Trying again by itself/)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible()
})
