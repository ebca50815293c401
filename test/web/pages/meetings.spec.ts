// A host's meetings: scheduled in two steps, changed all or one, cancelled; by hand and by
// keyboard, with the gateway's mistakes beside the fields.
import { expect, type Page } from '@playwright/test'
import { accessible } from '../axe.ts'
import { test } from '../fixtures.ts'
import { account, type Gateway } from '../gateway.ts'
import { asHost, signIn } from '../host.ts'
import { type Planned, someMonday, weekly } from '../meetings.ts'

interface Listed {
  meetings: { id: string; title: string; state: string; start: string }[]
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name })
const title = (page: Page) => page.getByRole('textbox', { name: 'Title' })
const titled = (gateway: Gateway, name: string) =>
  asHost(gateway, (ask) => ask<Listed>('GET', `/meetings?search=${encodeURIComponent(name)}`)).then((l) => l.meetings.filter((m) => m.title === name))

async function arrive(page: Page, gateway: Gateway, path: string): Promise<void> {
  await signIn(page, gateway)
  await page.goto(gateway.url + path)
}

test('a deep link survives the sign-in; the form says what is wrong, looks ahead and makes one meeting', async ({ gateway, browse }) => {
  const page = await browse()
  await page.goto(`${gateway.url}/meetings/new`)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.keyboard.press('Enter')
  await expect(heading(page, 'Schedule a meeting')).toBeVisible()
  expect(new URL(page.url()).pathname).toBe('/meetings/new')

  await test.step('mistakes of the page and of the gateway at once, the focus at the first', async () => {
    const pin = page.getByRole('textbox', { name: 'PIN', exact: true })
    await pin.fill('1234')
    await page.getByRole('button', { name: 'Review' }).click()
    await expect(title(page)).toHaveAttribute('aria-invalid', 'true')
    await expect(title(page)).toHaveAccessibleDescription('Please give the meeting a title.')
    await expect(pin).toHaveAttribute('aria-invalid', 'true')
    await expect(title(page)).toBeFocused()
    await accessible(page, 'mistakes')
    await pin.fill('58220')
  })

  await test.step('a mistake in what is folded away is unfolded', async () => {
    await title(page).fill('Allotment council')
    await page.getByText('More settings').click()
    const hostPIN = page.getByRole('textbox', { name: 'Host PIN' })
    await hostPIN.fill('0000')
    await page.getByText('More settings').click()
    await expect(hostPIN).toBeHidden()
    await page.getByRole('button', { name: 'Review' }).click()
    await expect(hostPIN).toBeFocused()
    await hostPIN.fill('')
  })

  await test.step('the review shows dates and the text; back leads to the form as it was', async () => {
    await page.getByLabel('Date').fill(someMonday())
    await page.getByLabel('Time', { exact: true }).fill('14:00')
    await page.getByRole('combobox', { name: 'Repeats' }).selectOption('week')
    await page.getByRole('button', { name: 'Review' }).click()
    await expect(heading(page, 'Is everything right?')).toBeFocused()
    await expect(page).toHaveTitle(/^Is everything right\?/)
    await expect(page.getByText('Every week on Monday')).toBeVisible()
    await expect(page.getByText('invites you to: Allotment council')).toBeVisible()
    await page.goBack()
    await expect(title(page)).toHaveValue('Allotment council')
    await page.getByRole('button', { name: 'Review' }).click()
  })

  await test.step('however often it is confirmed, there is one', async () => {
    // Two presses before anything is answered, and a first answer that is lost.
    let lost = false
    await page.route('**/api/v1/meetings', async (route) => {
      if (route.request().method() !== 'POST' || lost) return route.continue()
      lost = true
      await route.fetch()
      await route.abort()
    })
    const confirm = page.getByRole('button', { name: 'Schedule meeting' })
    await confirm.dblclick()
    await expect(page.getByText('The service can’t be reached.')).toBeVisible()
    await confirm.click()
    await expect(heading(page, '“Allotment council” is scheduled')).toBeFocused()
    expect(await titled(gateway, 'Allotment council')).toHaveLength(1)
  })

  await test.step('ways to invite; what is not configured is not offered', async () => {
    await expect(page.getByRole('link', { name: 'Download' })).toHaveAttribute('href', /\.ics/)
    await expect(page.getByRole('link', { name: 'Open a draft' })).toHaveAttribute('href', /^mailto:/)
    await page.getByRole('combobox', { name: 'E-mail program' }).selectOption('gmail')
    await expect(page.getByRole('link', { name: 'Open a draft' })).toHaveAttribute('href', /mail\.google/)
    await expect(page.getByRole('button', { name: 'Choose people' })).toHaveCount(0)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy invitation' }).click()
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible()
    const clip = await page.evaluate(async () => {
      const [item] = await navigator.clipboard.read()
      return { types: item!.types, text: await navigator.clipboard.readText() }
    })
    expect(clip.types.toSorted()).toEqual(['text/html', 'text/plain'])
    expect(clip.text).toContain('PIN 58 220')
    await page.reload()
    await expect(page.getByRole('combobox', { name: 'E-mail program' })).toHaveValue('gmail')
  })
})

test('one date of a series is changed, another cancelled, then the meeting', async ({ gateway, browse }) => {
  const m = await asHost(gateway, (ask) => ask<Planned>('POST', '/meetings', weekly('Orchard round')))
  const page = await browse({ context: { timezoneId: 'Europe/Zurich' } })
  await arrive(page, gateway, '/meetings?search=orchard')
  await page.getByRole('link', { name: 'Details of Orchard round' }).click()
  await expect(heading(page, 'Orchard round')).toBeFocused()
  await accessible(page, 'details')

  await test.step('only one is changed', async () => {
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    const which = page.getByRole('dialog', { name: 'What do you want to change?' })
    await which.getByRole('radio', { name: 'One date only' }).check()
    await which.getByRole('combobox', { name: 'Date' }).selectOption(`${someMonday(3)}T14:00`)
    await which.getByRole('button', { name: 'Continue' }).click()
    await expect(heading(page, 'Edit one date')).toBeFocused()
    await page.getByLabel('Time', { exact: true }).fill('16:30')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByRole('listitem').filter({ hasText: '16:30' }).filter({ hasText: 'Changed' })).toBeVisible()
    await expect(page.getByRole('listitem').filter({ hasText: '14:00' })).not.toHaveCount(0)
  })

  await test.step('another is left out, and taken in again', async () => {
    await page.getByRole('button', { name: /^Cancel .*14:00/ }).first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel this date' }).click()
    const out = page.getByRole('listitem').filter({ hasText: 'Cancelled' })
    await expect(out).toBeVisible()
    await out.getByRole('button').click()
    await expect(out).toHaveCount(0)
  })

  await test.step('all are changed, and only what was changed is sent', async () => {
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByRole('radio', { name: 'All dates of the series' }).check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await title(page).fill('Orchard council')
    const sent = page.waitForRequest((r) => r.method() === 'PATCH')
    await page.getByRole('button', { name: 'Save' }).click()
    expect((await sent).postDataJSON()).toEqual({ title: 'Orchard council' })
    await expect(heading(page, 'Orchard council')).toBeVisible()
  })

  await test.step('the link is replaced: the old one is refused at once', async () => {
    await page.getByRole('button', { name: 'Replace link' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Replace link' }).click()
    await expect.poll(async () => (await page.request.get(gateway.url + new URL(m.guest_link).pathname)).status()).toBe(410)
  })

  await test.step('the meeting is cancelled', async () => {
    await page.getByRole('button', { name: 'Cancel meeting' }).click()
    const sheet = page.getByRole('dialog', { name: 'Cancel “Orchard council”?' })
    await sheet.getByRole('button', { name: 'Leave it as it is' }).click()
    await page.getByRole('button', { name: 'Cancel meeting' }).click()
    await sheet.getByRole('button', { name: 'Cancel meeting' }).click()
    await expect(page.getByText('Cancelled', { exact: true })).toBeVisible()
    await expect(page.getByRole('link', { name: 'Join now' })).toHaveCount(0)
    await page.getByRole('link', { name: 'Your meetings' }).click()
    await page.getByRole('link', { name: 'Past', exact: true }).click()
    await expect(page.getByRole('link', { name: 'Orchard council', exact: true })).toBeVisible()
  })
})

test('by keyboard alone: from the list to a meeting that is made', async ({ gateway, browse }) => {
  const page = await browse({ context: { timezoneId: 'Europe/Zurich' } })
  await arrive(page, gateway, '/meetings')
  const tab = async (times = 1) => {
    for (let i = 0; i < times; i++) await page.keyboard.press('Tab')
  }
  await page.getByRole('link', { name: 'Schedule a meeting' }).first().focus()
  await page.keyboard.press('Enter')
  await expect(heading(page, 'Schedule a meeting')).toBeFocused()
  await tab()
  await expect(title(page)).toBeFocused()
  await page.keyboard.type('Beekeepers')

  const zone = page.getByRole('combobox', { name: 'Time zone' })
  for (let i = 0; i < 15 && !(await zone.evaluate((e) => e === document.activeElement)); i++) await tab()
  await expect(zone).toBeFocused()
  await page.keyboard.type('sydney')
  await expect(page.getByRole('option', { name: /Sydney/, selected: true })).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(zone).toHaveValue(/^Australia\/Sydney/)

  await page.keyboard.press('Enter') // in a field: the form is sent
  await expect(heading(page, 'Is everything right?')).toBeFocused()
  const confirm = page.getByRole('button', { name: 'Schedule meeting' })
  for (let i = 0; i < 8 && !(await confirm.evaluate((e) => e === document.activeElement)); i++) await tab()
  await page.keyboard.press('Enter')
  await expect(heading(page, '“Beekeepers” is scheduled')).toBeFocused()
  await page.goBack()
  await expect(heading(page, 'Schedule a meeting')).toBeFocused()
})

test('the list searches, pages on and is kept fresh', { tag: '@soak' }, async ({ gateway, browse }) => {
  await asHost(gateway, async (ask) => {
    for (let i = 1; i <= 32; i++) await ask('POST', '/meetings', weekly(`Règlement ${String(i).padStart(2, '0')}`, { repeat: '' }))
  })
  const page = await browse()
  await arrive(page, gateway, '/meetings')
  await page.getByRole('searchbox', { name: 'Search by title' }).fill('reglement')
  const rows = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Règlement' })
  await expect(page).toHaveURL(/search=reglement/)
  await expect(rows).toHaveCount(30)
  await page.getByRole('button', { name: 'Show more' }).click()
  await expect(rows).toHaveCount(32)
  await page.getByRole('searchbox', { name: 'Search by title' }).fill('Règlement 07')
  await expect(rows).toHaveCount(1)
  const [one] = await titled(gateway, 'Règlement 07')
  await asHost(gateway, (ask) => ask('PATCH', `/meetings/${one!.id}`, { title: 'Règlement 07 bis' }))
  await expect(page.getByRole('link', { name: 'Règlement 07 bis', exact: true })).toBeVisible()
})
