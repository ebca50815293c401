// The admin page: who may see it, what it does, by keyboard, and what axe says of it.
import { accessible } from '../axe.ts'
import { admin, adminStates, signInAsAdmin } from '../admin.ts'
import { expect, test } from '../fixtures.ts'
import { signIn } from '../host.ts'
import type { House } from '../states.ts'

test('only admins see it, and find it in their menu', async ({ gateway, browse }) => {
  test.setTimeout(120_000)
  const page = await browse()
  await page.goto(`${gateway.url}/admin`)
  await expect(page.getByRole('heading', { name: 'Sign in as a host' })).toBeVisible()
  expect((await page.request.get(`${gateway.url}/api/v1/admin/status`)).status()).toBe(401)

  await test.step('hosts are told that it is not for them', async () => {
    await signIn(page, gateway)
    for (const at of ['', '/calls', '/changes']) {
      await page.goto(`${gateway.url}/admin${at}`)
      await expect(page.getByText('This page is for administrators.')).toBeVisible()
    }
    await page.goto(gateway.url)
    await expect(page.getByRole('link', { name: 'Rooms' })).toBeVisible()
    await expect(page.getByRole('link', { name: 'Admin' })).toHaveCount(0)
    expect((await page.request.get(`${gateway.url}/api/v1/admin/calls`)).status()).toBe(403)
  })

  await test.step('admins go to every page, and each can be reloaded', async () => {
    await signInAsAdmin(page, gateway)
    await page.goto(gateway.url)
    await page.getByRole('link', { name: 'Admin' }).click()
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeFocused()
    for (const [name, path] of [['Trunks', '/trunks'], ['Configuration', '/configuration'], ['Changes', '/changes']] as const) {
      await page.getByRole('navigation', { name: 'Admin pages' }).getByRole('link', { name }).click()
      await expect(page.getByRole('heading', { name, level: 1 })).toBeFocused()
      expect(new URL(page.url()).pathname).toBe(`/admin${path}`)
    }
    for (const at of ['/calls/nobody', '/rooms', '/failures', '/trunks']) {
      await page.goto(`${gateway.url}/admin${at}`)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expect(page.getByRole('alert').filter({ hasText: /./ })).toHaveCount(0)
    }
  })
})

test('a call is seen, its messages are read, it is ended, and all of it is on record', async ({ gateway, browse, enter }) => {
  test.setTimeout(120_000)
  const room = await gateway.room('Planetarium')
  const guest = await enter(room, 'Ada Lovelace')
  const page = await browse()
  await signInAsAdmin(page, gateway)
  await page.goto(`${gateway.url}/admin/calls`)
  const row = page.getByRole('listitem').filter({ hasText: 'Ada Lovelace' })
  await expect(row).toContainText('In the room')
  await expect(row).toContainText(`Room ${room.extension}`)

  await test.step('by keyboard alone', async () => {
    const end = page.getByRole('button', { name: 'End the call of Ada Lovelace' })
    await end.focus()
    await page.keyboard.press('Enter')
    const sheet = page.getByRole('dialog', { name: 'End the call of Ada Lovelace?' })
    await expect(sheet).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(sheet).toBeHidden()
    await expect(end).toBeFocused()
    await page.keyboard.press('Enter')
    await sheet.getByRole('button', { name: 'End', exact: true }).focus()
    await page.keyboard.press('Enter')
    await expect(page.getByText('No calls')).toBeVisible()
    await expect(guest.page.getByRole('heading', { name: 'You were removed from the meeting' })).toBeVisible()
  })

  await test.step('who did it is found', async () => {
    await page.goto(`${gateway.url}/admin/changes`)
    await page.getByRole('combobox', { name: 'Kind of change' }).selectOption({ label: 'Call ended' })
    const change = page.getByRole('listitem').filter({ hasText: 'Call ended' })
    await expect(change).toContainText(admin.email)
    await expect(change).toContainText(`room ${room.extension}`)
    await page.reload() // the address has the choice
    await expect(change).toContainText(admin.email)
    expect(JSON.parse(await gateway.cli('audit', '--action', 'end-call', '--json'))).toMatchObject([{ by: 'account', who: admin.email, from: '127.0.0.1' }])
  })
})

// Axe takes a while: each look has half of the states, the fullest ones, and half of
// those wait for make soak.
const dark = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const
const light = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' } as const
const looks = [
  { name: 'phone, dark', ...dark, states: ['admin-trunks', 'admin-call'] },
  { name: 'laptop, light', ...light, states: ['admin-trouble', 'admin-changes'] },
  { name: 'phone, dark, soak', ...dark, states: ['admin-configuration', 'admin-failures'] },
  { name: 'laptop, light, soak', ...light, states: ['admin-end', 'admin-reload-failed'] },
]

for (const { name, states, ...look } of looks) {
  test(`axe finds nothing: ${name}`, { tag: name.endsWith('soak') ? '@soak' : [] }, async ({ gateway, browse }) => {
    test.setTimeout(120_000)
    const page = await browse({ context: { ...look, reducedMotion: 'reduce' } })
    for (const state of adminStates.filter((s) => states.includes(s.name))) {
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await state.go(page, { gateway } as House)
      await accessible(page, `${state.name}, ${name}`)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect.soft(wide, `${state.name} is no wider than the screen`).toBeLessThanOrEqual(0)
    }
  })
}
