// The address book: kept by hand, brought along as a file, and used to invite.
import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'
import { accessible } from '../axe.ts'
import { test } from '../fixtures.ts'
import type { Gateway } from '../gateway.ts'
import { asHost, signIn } from '../host.ts'

interface Book {
  contacts: { id: string; name: string; email: string; phone: string }[]
}

test.describe.configure({ timeout: 150_000 }) // axe looks at many states

async function arrive(page: Page, gateway: Gateway): Promise<void> {
  await signIn(page, gateway)
  await page.goto(`${gateway.url}/contacts`)
  await expect(page.getByRole('heading', { level: 1, name: 'Contacts' })).toBeVisible()
}

const empty = (gateway: Gateway) =>
  asHost(gateway, async (ask) => {
    for (const c of (await ask<Book>('GET', '/contacts?limit=1000')).contacts) await ask('DELETE', `/contacts/${c.id}`)
  })

const search = (page: Page) => page.getByRole('searchbox', { name: 'Search by name' })
const names = (page: Page) => page.getByRole('button', { name: /^Edit / }).evaluateAll((all) => all.map((b) => b.getAttribute('aria-label')))

test('contacts are added, found, changed and deleted by keyboard', async ({ gateway, browse }) => {
  await empty(gateway)
  const page = await browse()
  await arrive(page, gateway)
  await expect(page.getByRole('heading', { name: 'No contacts yet' })).toBeVisible()
  await accessible(page, 'an empty address book')

  await test.step('mistakes are said at the fields', async () => {
    await page.getByRole('button', { name: 'New contact' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New contact' })
    await dialog.getByRole('textbox', { name: 'E-mail' }).fill('zoe@')
    await dialog.getByRole('textbox', { name: 'Phone number' }).fill('044 555 01 00')
    await page.keyboard.press('Enter')
    await expect(dialog.getByRole('textbox', { name: 'E-mail' })).toBeFocused()
    await expect(dialog.getByRole('textbox', { name: 'E-mail' })).toHaveAccessibleDescription('Not a valid e-mail address.')
    await expect(dialog.getByRole('textbox', { name: 'Phone number' })).toHaveAccessibleDescription('The number has no country code.')
    await accessible(page, 'mistakes of a contact')
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Zoë Müller')
    await dialog.getByRole('textbox', { name: 'E-mail' }).fill('zoe@example.org')
    await dialog.getByRole('textbox', { name: 'Phone number' }).fill('+41 44 555 01 00')
    await dialog.getByRole('textbox', { name: 'Company' }).fill('Ångström AG')
    await page.keyboard.press('Enter')
    await expect(dialog).toBeHidden()
    await expect.poll(() => names(page)).toEqual(['Edit Zoë Müller'])
    await expect(page.getByText('+41445550100')).toBeVisible()
    await expect(page.getByRole('button', { name: 'New contact' })).toBeFocused()
  })

  await test.step('who has the address already is named', async () => {
    await page.getByRole('button', { name: 'New contact' }).click()
    const dialog = page.getByRole('dialog', { name: 'New contact' })
    await dialog.getByRole('textbox', { name: 'E-mail' }).fill('ZOE@example.org')
    await page.keyboard.press('Enter')
    await expect(dialog.getByRole('textbox', { name: 'E-mail' })).toHaveAccessibleDescription(/already, as "Zoë Müller"/)
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })

  await test.step('found without accents, by company and number; nobody is offered to be added', async () => {
    for (const q of ['muller', 'angstrom', 'ZO mue', '044 555']) {
      await search(page).fill(q)
      await expect(page.getByRole('button', { name: 'Edit Zoë Müller' })).toBeVisible()
    }
    await search(page).fill('b')
    await expect(search(page)).toHaveAccessibleDescription('Type at least two letters or digits.')
    await search(page).fill('bo@example.org')
    await page.getByRole('button', { name: 'Add “bo@example.org”' }).click()
    const dialog = page.getByRole('dialog', { name: 'New contact' })
    await expect(dialog.getByRole('textbox', { name: 'E-mail' })).toHaveValue('bo@example.org')
    await dialog.getByRole('button', { name: 'New contact' }).click()
    await expect.poll(() => names(page)).toEqual(['Edit bo@example.org'])
  })

  await test.step('changed and deleted', async () => {
    await page.getByRole('button', { name: 'Edit bo@example.org' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit contact' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Bo Brown')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await search(page).fill('')
    await expect.poll(() => names(page)).toEqual(['Edit Bo Brown', 'Edit Zoë Müller'])
    await accessible(page, 'the address book')
    await page.getByRole('button', { name: 'Edit Bo Brown' }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    const sure = page.getByRole('dialog', { name: 'Delete Bo Brown?' })
    await accessible(page, 'deleting a contact')
    await sure.getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => names(page)).toEqual(['Edit Zoë Müller'])
  })
})

test('a file is taken in with a report, and given back', async ({ gateway, browse }) => {
  await empty(gateway)
  const page = await browse()
  await arrive(page, gateway)
  await page.getByRole('button', { name: 'Import' }).click()
  const dialog = page.getByRole('dialog', { name: 'Import contacts' })
  await accessible(page, 'import')
  const choose = dialog.locator('input[type=file]')

  await choose.setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]) })
  await expect(dialog.getByText('No contacts could be found in this file.')).toBeVisible()

  const latin = Buffer.from('Vorname;Nachname;E-Mail-Adresse;Mobiltelefon\r\nZoé;Müller;zoe@example.org;+41 44 555 01 00\r\nBo;;bo@;\r\n=1+1;;cy@example.org;044\r\n', 'latin1')
  await choose.setInputFiles({ name: 'book.csv', mimeType: 'text/csv', buffer: latin })
  await expect(dialog.getByRole('heading', { name: 'Import finished' })).toBeFocused()
  await expect(dialog.getByText('Added')).toBeVisible()
  await expect(dialog.getByRole('listitem')).toHaveText([/^Line 3 · bo@\s*Not a valid e-mail address\. The rest of the entry was imported\.$/, /^Line 4 · 044/])
  await accessible(page, 'the report of an import')
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect.poll(() => names(page)).toEqual(['Edit =1+1', 'Edit Bo', 'Edit Zoé Müller'])

  await page.getByText('Export', { exact: true }).click()
  for (const [name, ending] of [['As vCard', 'vcf'], ['As CSV', 'csv']] as const) {
    const coming = page.waitForEvent('download')
    await page.getByRole('link', { name }).click()
    const file = await coming
    expect(file.suggestedFilename()).toBe(`contacts.${ending}`)
    const text = readFileSync(await file.path(), 'utf8')
    expect(text).toContain('Zoé Müller')
    expect(text).not.toMatch(/^=/m)
  }
})

test('recipients: out of the address book by keyboard, pasted, and what is wrong is named', async ({ gateway, browse }) => {
  await empty(gateway)
  const meeting = await asHost(gateway, async (ask) => {
    await ask('POST', '/contacts', { name: 'Zoë Müller', email: 'zoe@example.org' })
    await ask('POST', '/contacts', { name: 'Zoltán Kiss', email: 'zoltan@example.org' })
    return ask<{ id: string }>('POST', '/meetings', { title: 'Recipients', start: '2090-06-05T14:00', zone: 'Europe/Zurich', duration_min: 60 })
  })
  const page = await browse()
  await signIn(page, gateway)
  // This gateway sends nothing; the page is told that it does.
  await page.route('**/invitees', async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), can_mail: true } }))
  await page.goto(`${gateway.url}/meetings/${meeting.id}`)
  await page.getByRole('button', { name: /Invite|Choose people/ }).first().click()
  const to = page.getByRole('combobox', { name: 'To' })
  await expect(to).toBeVisible()

  await test.step('the arrow keys choose, Escape closes only the list', async () => {
    await to.fill('zo')
    const list = page.getByRole('listbox')
    await expect(list.getByRole('option')).toHaveText([/Zoë Müller/, /Zoltán Kiss/])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await expect(list.getByRole('option', { name: /Zoltán/ })).toHaveAttribute('aria-selected', 'true')
    await expect(to).toHaveAttribute('aria-activedescendant', /-1$/)
    await accessible(page, 'suggestions')
    await page.keyboard.press('Escape')
    await expect(list).toBeHidden()
    await expect(to).toBeVisible()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'Remove Zoltán Kiss' }).or(page.getByRole('button', { name: 'Remove Zoë Müller' }))).toBeVisible()
  })

  await test.step('pasted: the good ones are kept, the bad ones named', async () => {
    await to.focus()
    await page.evaluate(() => {
      const data = new DataTransfer()
      data.setData('text/plain', 'Bo <bo@example.org>; cy@; "Lovelace, Ada" <ada@example.org>\n044 555 01 00')
      document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    })
    await expect(page.getByRole('button', { name: 'Remove Lovelace, Ada' })).toBeVisible()
    await expect(to).toHaveAttribute('aria-invalid', 'true')
    await expect(to).toHaveAccessibleDescription(/“cy@”: This is not a valid e-mail address\..*“044 555 01 00”: A number without country code/)
    await accessible(page, 'bad recipients')
    await page.getByRole('button', { name: 'Remove 044 555 01 00' }).click()
    await page.getByRole('button', { name: 'Change cy@' }).click()
    await expect(to).toHaveValue('cy@')
    await to.fill('cy@example.org,')
    await expect(to).toHaveValue('')
    await expect(to).not.toHaveAttribute('aria-invalid')
  })

  await test.step('no match: add it', async () => {
    await to.pressSequentially('dee@example.org')
    await page.getByRole('option', { name: 'Invite dee@example.org and add to contacts' }).click()
    await expect(page.getByRole('button', { name: 'Remove dee@example.org' })).toBeVisible()
    await expect.poll(() => asHost(gateway, (ask) => ask<Book>('GET', '/contacts?q=dee')).then((b) => b.contacts.length)).toBe(1)
  })
})
