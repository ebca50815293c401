// A host's way: sign in, rooms, settings, the link.
import { expect, test } from '../fixtures.ts'
import { account } from '../gateway.ts'

test('sign in, make a room, change it, replace its link, sign out', async ({ gateway, browse }) => {
  const page = await browse()
  await page.goto(gateway.url)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('E-mail or password is wrong.')).toBeVisible()
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Your rooms' })).toBeVisible()

  await test.step('a PIN that is easy to guess is refused at its field', async () => {
    await page.getByRole('button', { name: 'New room' }).first().click()
    const sheet = page.getByRole('dialog', { name: 'New room' })
    await sheet.getByRole('textbox', { name: 'Name' }).fill('Orangery')
    const pin = sheet.getByRole('textbox', { name: 'PIN', exact: true })
    await pin.fill('1234')
    await sheet.getByRole('button', { name: 'Create room' }).click()
    await expect(pin).toHaveAttribute('aria-invalid', 'true')
    await pin.fill('58220')
    await sheet.getByRole('button', { name: 'Create room' }).click()
    await expect(page.getByRole('status').filter({ hasText: 'Room “Orangery” is ready.' })).toHaveCount(1)
  })

  const settings = page.getByRole('button', { name: 'Settings of Orangery' })
  await test.step('settings are kept', async () => {
    await settings.click()
    const lobby = page.getByRole('dialog').getByRole('switch', { name: /^Lobby/ })
    await lobby.check()
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await expect(page.getByRole('status').filter({ hasText: 'Settings saved.' })).toHaveCount(1)
    const list = JSON.parse(await gateway.cli('room', 'list', '--json')) as { name: string; lobby: boolean }[]
    expect(list.find((r) => r.name === 'Orangery')?.lobby).toBe(true)
  })

  await test.step('the link is replaced, and the old one is refused at once', async () => {
    const { rooms } = (await (await page.request.get(`${gateway.url}/api/v1/rooms`)).json()) as { rooms: { name: string; guest_link: string }[] }
    const old = new URL(rooms.find((r) => r.name === 'Orangery')!.guest_link).pathname
    await settings.click()
    await page.getByRole('dialog').getByRole('button', { name: 'Replace link' }).click()
    await page.getByRole('dialog', { name: 'Replace the guest link?' }).getByRole('button', { name: 'Replace link' }).click()
    await expect.poll(async () => (await page.request.get(gateway.url + old)).status()).toBe(410)
  })

  await page.goto(gateway.url)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in as a host' })).toBeVisible()
  expect((await page.request.get(`${gateway.url}/api/v1/rooms`)).status()).toBe(401)
})
