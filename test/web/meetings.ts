// Meetings to look at, and the states of their pages.
import { expect, type Page } from '@playwright/test'
import type { Gateway } from './gateway.ts'
import { asHost, signIn } from './host.ts'
import type { House, State } from './states.ts'

/** A meeting as POST /meetings answers. */
export interface Planned {
  id: string
  title: string
  extension: string
  pin: string
  guest_link: string
}

/** A Monday that is far enough away, as a form has it. */
export function someMonday(weeks = 2): string {
  const day = new Date()
  day.setUTCDate(day.getUTCDate() + ((8 - day.getUTCDay()) % 7 || 7) + 7 * (weeks - 1))
  return day.toISOString().slice(0, 10)
}

export const weekly = (title: string, more: object = {}): object => ({
  title,
  start: `${someMonday()}T14:00`,
  zone: 'Europe/Zurich',
  duration_min: 60,
  repeat: 'FREQ=WEEKLY;BYDAY=MO',
  pin: '48219',
  ...more,
})

/** Three meetings to come, one of them with people invited, and one that is over. */
export async function plan(gateway: Gateway): Promise<Planned> {
  return asHost(gateway, async (ask) => {
    const sync = await ask<Planned>('POST', '/meetings', weekly('Weekly sync', { note: 'Bring your figures.' }))
    await ask('POST', '/meetings', weekly('Board meeting', { repeat: '', zone: 'America/New_York', start: `${someMonday(1)}T09:00` }))
    await ask('POST', '/meetings', weekly('Interviews with candidates from all over the world', { repeat: 'FREQ=DAILY;COUNT=5', start: `${someMonday(3)}T10:00` }))
    const gone = await ask<Planned>('POST', '/meetings', weekly('Kick-off', { repeat: '' }))
    await ask('POST', `/meetings/${gone.id}/cancel`, {})
    await ask('PATCH', `/meetings/${sync.id}/occurrences/${someMonday(3)}T14:00`, { start: `${someMonday(3)}T15:30`, title: 'With the auditors' })
    await ask('DELETE', `/meetings/${sync.id}/occurrences/${someMonday(4)}T14:00`)
    await ask('POST', `/meetings/${sync.id}/invitees`, {
      people: [{ name: 'Ada Lovelace', email: 'ada@example.org' }, { email: 'alan.turing@example.org' }, { name: 'Radia Perlman', phone: '+41791234567' }],
    })
    return sync
  })
}

const at =
  (where: (h: House) => string, ready: (page: Page) => Promise<void>): State['go'] =>
  async (page, house) => {
    await signIn(page, house.gateway)
    await page.goto(house.gateway.url + where(house))
    await ready(page)
  }

const heading = (name: string | RegExp) => (page: Page) => expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
const details = (h: House) => `/meetings/${h.sync.id}`

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

async function form(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Title' }).fill('Weekly sync')
  await page.getByLabel('Date').fill(someMonday())
  await page.getByLabel('Time', { exact: true }).fill('14:00')
  await page.getByRole('combobox', { name: 'Repeats' }).selectOption('week')
}

export const meetingStates: State[] = [
  { name: 'meetings', go: at(() => '/meetings', (page) => expect(page.getByRole('link', { name: 'Weekly sync', exact: true })).toBeVisible()) },
  { name: 'meetings-past', go: at(() => '/meetings?when=past', (page) => expect(page.getByRole('link', { name: 'Kick-off', exact: true })).toBeVisible()) },
  { name: 'meetings-none', go: at(() => '/meetings?search=zebra', (page) => expect(page.getByText('No meeting has “zebra”')).toBeVisible()) },
  {
    name: 'schedule',
    go: at(() => '/meetings/new', async (page) => {
      await form(page)
      await page.getByText('More settings').click()
    }),
  },
  {
    name: 'schedule-wrong',
    go: at(() => '/meetings/new', async (page) => {
      await page.getByRole('textbox', { name: 'PIN', exact: true }).fill('1234')
      await button(page, 'Review')
      await expect(page.getByRole('textbox', { name: 'PIN', exact: true })).toHaveAttribute('aria-invalid', 'true')
    }),
  },
  {
    name: 'schedule-zone',
    go: at(() => '/meetings/new', async (page) => {
      await page.getByRole('combobox', { name: 'Time zone' }).fill('new y')
      await expect(page.getByRole('option', { name: /New York/ })).toBeVisible()
    }),
  },
  {
    name: 'schedule-review',
    go: at(() => '/meetings/new', async (page) => {
      await form(page)
      await button(page, 'Review')
      await heading('Is everything right?')(page)
    }),
  },
  { name: 'scheduled', go: at((h) => `${details(h)}?scheduled`, (page) => expect(page.getByRole('link', { name: 'Download' })).toBeVisible()) },
  {
    name: 'meeting',
    go: at(details, async (page) => {
      await expect(page.getByRole('link', { name: 'Download' })).toBeVisible()
      await expect(page.getByText('Ada Lovelace')).toBeVisible()
    }),
  },
  {
    name: 'meeting-edit-which',
    go: at(details, async (page) => {
      await button(page, 'Edit')
      await expect(page.getByRole('dialog')).toBeVisible()
    }),
  },
  { name: 'meeting-edit', go: at((h) => `${details(h)}/edit`, heading('Edit all dates')) },
  { name: 'meeting-edit-one', go: at((h) => `${details(h)}/edit?occurrence=${someMonday(3)}T14:00`, heading('Edit one date')) },
  {
    name: 'meeting-cancel',
    go: at(details, async (page) => {
      await button(page, 'Cancel meeting')
      await expect(page.getByRole('dialog')).toBeVisible()
    }),
  },
  {
    name: 'meeting-invite',
    go: at(details, async (page) => {
      await button(page, 'Invite people')
      await expect(page.getByRole('dialog', { name: 'Send invitations' })).toBeVisible()
    }),
  },
]
