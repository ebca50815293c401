// From the first screen to the last with the keyboard alone, and what it is called there.
import { expect, test } from '../fixtures.ts'
import { voice } from '../sound.ts'

/** Role and accessible name of what has the focus, as the browser's own tree has it. */
async function focused(page: import('@playwright/test').Page): Promise<string> {
  const snapshot = await page.locator(':focus').ariaSnapshot()
  return snapshot.split('\n')[0]!.replace(/^- /, '').replace(/:$/, '').replace(/: .*$/, '')
}

test('prejoin, call and leave without a mouse', async ({ gateway, visit }) => {
  const room = await gateway.room('Observatory')
  const a = await visit(room, { mic: voice(0) })
  const { page } = a
  await expect(a.joinButton).toBeVisible()

  await test.step('prejoin: everything is reached, in the order it is read', async () => {
    const order: string[] = []
    for (let i = 0; i < 20 && order.filter((o) => o === order[0]).length < 2; i++) {
      await page.keyboard.press('Tab')
      if ((await page.locator(':focus').count()) === 0) break
      order.push(await focused(page))
    }
    console.log('focus order of prejoin:', order.join(' → '))
    const at = (what: RegExp) => order.findIndex((o) => what.test(o))
    for (const what of [/combobox "Language"/, /button "(Allow the microphone|Mute)"/, /textbox "Your name"/, /button "Join"/, /button "Test speaker"/]) {
      expect.soft(at(what), `${what} is in the order`).toBeGreaterThanOrEqual(0)
    }
    expect.soft(at(/textbox "Your name"/)).toBeLessThan(at(/button "Join"/))
    expect.soft(order.filter((o) => !/".+"/.test(o)), 'all have names').toEqual([])
  })

  await test.step('a missing name is said at the field', async () => {
    await a.joinButton.focus()
    await page.keyboard.press('Enter')
    await expect(a.name).toBeFocused()
    await expect(a.name).toHaveAccessibleDescription(/Please enter your name/)
    await expect(a.name).toHaveAttribute('aria-invalid', 'true')
    await page.keyboard.type('Ada')
    await page.keyboard.press('Enter')
    await a.inRoom()
  })

  await test.step('the call: names, shortcuts', async () => {
    await expect(a.person('Ada')).toBeVisible()
    for (const name of ['Raise hand', 'Mute', 'Leave']) await expect(a.control(name)).toBeVisible()
    await page.keyboard.press('h')
    await expect(a.control('Lower hand')).toHaveAttribute('aria-pressed', 'true')
    await page.keyboard.press('m')
    await expect(a.control('Unmute')).toBeVisible()
    await page.keyboard.down('Space')
    await expect(a.control('Mute')).toBeVisible()
    await expect(a.person('Ada')).not.toContainText('muted')
    await page.keyboard.up('Space')
    await expect(a.control('Unmute')).toBeVisible()
    await expect(a.person('Ada')).toContainText('muted')
  })

  await test.step('sheets keep the focus and give it back', async () => {
    await a.control('Keypad').focus()
    await page.keyboard.press('Enter')
    const sheet = page.getByRole('dialog', { name: 'Keypad' })
    await expect(sheet).toBeVisible()
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement?.closest('dialog')), 'the focus stays in the sheet').toBe(true)
    }
    await page.keyboard.press('Escape')
    await expect(sheet).toBeHidden()
    await expect(a.control('Keypad')).toBeFocused()
  })

  await test.step('leave', async () => {
    for (let i = 0; i < 40 && !/button "Leave"/.test(await focused(page)); i++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'You have left' })).toBeFocused()
    await page.keyboard.press('Tab')
    await expect(page.getByRole('button', { name: 'Rejoin' })).toBeVisible()
  })
})
