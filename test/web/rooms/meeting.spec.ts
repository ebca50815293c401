// A meeting from its making to its end: the host's page, the mail, a browser, a phone.
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { expect, test } from '../fixtures.ts'
import { account, Gateway, type Room } from '../gateway.ts'
import { Guest } from '../guest.ts'
import { Mailbox } from '../mailbox.ts'
import { Phone } from '../phone.ts'
import { likeness, readWAV, there, voice } from '../sound.ts'

/** What a phone hears when a recording is played to it. */
function recording(name: string): Float32Array {
  const wav = join(tmpdir(), `partyline-prompt-${process.pid}-${name}.wav`)
  execFileSync('opusdec', ['--quiet', '--rate', '8000', resolve(import.meta.dirname, `../../../prompts/en/${name}.opus`), wav])
  return readWAV(wav)
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** A date and a time as the form's fields want them, so many minutes from now in Zurich. */
function inZurich(minutes: number): [date: string, time: string] {
  const text = new Date(Date.now() + 60_000 * minutes).toLocaleString('sv-SE', { timeZone: 'Europe/Zurich' })
  return [text.slice(0, 10), text.slice(11, 16)]
}

const invited = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: 'People invited' }).getByRole('listitem').filter({ hasText: name })

test('scheduled, reviewed, sent to three of whom one is wrong, met by browser and phone, completed', async ({ browse }) => {
  test.setTimeout(180_000)
  const mailbox = await Mailbox.open()
  const gateway = await Gateway.start(`mail: {smtp: "smtp://127.0.0.1:${mailbox.port}", from: "Meetings <meet@example.org>"}`)
  let phone: Phone | undefined
  try {
    await gateway.account()
    const page = await browse({ mic: 'missing', context: { timezoneId: 'Europe/Zurich' } })

    // A deep link survives the sign-in.
    await page.goto(`${gateway.url}/meetings/new`)
    await signIn(page)
    await expect(page).toHaveURL(/\/meetings\/new/)
    const [date, time] = inZurich(5)
    await page.getByLabel('Title').fill('Weekly sync')
    await page.getByLabel('Date').fill(date)
    await page.getByLabel('Time', { exact: true }).fill(time)
    await page.getByRole('button', { name: 'Review' }).click()
    await expect(page.getByRole('heading', { name: 'Is everything right?' })).toBeVisible()
    await expect(page.getByRole('main')).toContainText('invites you to: Weekly sync')
    await page.getByRole('button', { name: 'Schedule meeting' }).dblclick()
    await expect(page.getByRole('heading', { name: /Weekly sync.* is scheduled/ })).toBeVisible()
    const made = (await (await page.request.get(`${gateway.url}/api/v1/meetings`)).json()) as { meetings: (Room & { id: string })[] }
    expect(made.meetings, 'a form submitted twice makes one meeting').toHaveLength(1)
    const meeting = made.meetings[0]!

    // Three people, one of whom cannot be read.
    await page.getByRole('button', { name: 'Choose people' }).click()
    const dialog = page.getByRole('dialog', { name: 'Send invitations' })
    await dialog.getByRole('combobox', { name: 'To' }).fill('Ada Lovelace <ada@example.org>; bo@example..org; "Cy, jr." <cy@example.org>')
    await dialog.getByRole('button', { name: 'Send', exact: true }).click()
    await expect(dialog).toContainText('bo@example..org')
    await expect.poll(() => [mailbox.of('ada@example.org').length, mailbox.of('cy@example.org').length], { timeout: 20_000 }).toEqual([1, 1])
    expect(mailbox.mails).toHaveLength(2)
    await dialog.getByRole('button', { name: /Close|Cancel/ }).first().click()

    const mail = mailbox.of('ada@example.org')[0]!
    expect(mail.header['reply-to']).toContain(account.email)
    expect(mail.header['auto-submitted']).toBe('auto-generated')
    const calendar = mail.parts['text/calendar']!
    expect(calendar).toContain('METHOD:REQUEST')
    expect(calendar).toContain('mailto:ada@example.org')
    const text = mail.parts['text/plain']!
    expect(text).toContain('invites you to: Weekly sync')
    expect(text).toContain(meeting.pin.slice(0, 3))
    for (const part of Object.values(mail.parts)) expect(part, 'the host PIN is in no invitation').not.toContain(meeting.host_pin)
    const link = /http\S+\/j\/\w+/.exec(text)![0]
    const other = /http\S+\/j\/\w+/.exec(mailbox.of('cy@example.org')[0]!.parts['text/plain']!)![0]
    expect(new Set([link, other, meeting.guest_link]).size, 'everybody has a link of their own').toBe(3)

    // Ada comes by the link, Cy by phone with the PIN; the host sees both.
    await page.goto(`${gateway.url}/meetings/${meeting.id}`)
    await expect(invited(page, 'Ada Lovelace')).toContainText('Invited')
    const ada = new Guest(await browse({ mic: voice(0) }))
    await ada.page.goto(link)
    await expect(ada.name, 'her name is there already').toHaveValue('Ada Lovelace')
    await expect(invited(page, 'Ada Lovelace')).toContainText('Opened', { timeout: 15_000 })
    await ada.joinButton.click()
    await ada.inRoom()
    await expect(invited(page, 'Ada Lovelace')).toContainText('In the meeting', { timeout: 15_000 })
    const room = { ...meeting, name: 'Weekly sync' }
    phone = Phone.dial(`sip:${meeting.extension}.${meeting.pin}@${gateway.sip}`, voice(2))
    await expect.poll(async () => (await gateway.legsIn(room)).length, { message: 'both are in the meeting', timeout: 20_000 }).toBe(2)
    await ada.connected()
    expect(likeness(voice(2).sound, await ada.hears(4)), 'Ada hears the phone').toBeGreaterThan(there)
    expect(likeness(voice(0).sound, await phone.listen(4)), 'the phone hears Ada').toBeGreaterThan(there)

    // Complete: all are out, the links are gone, and a phone is told.
    await page.getByRole('button', { name: 'Mark complete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Mark complete' }).click()
    await expect.poll(() => phone!.over, { message: 'the phone is out', timeout: 15_000 }).toBe(true)
    await expect.poll(async () => (await gateway.legs()).length, { timeout: 10_000 }).toBe(0)
    await expect(invited(page, 'Ada Lovelace')).toContainText('Left', { timeout: 15_000 })
    for (const gone of [link, other, meeting.guest_link]) {
      const answer = await page.request.get(gone)
      expect(answer.status()).toBe(410)
      expect(await answer.text()).not.toContain('Weekly sync')
    }
    await phone.hangUp()
    phone = Phone.dial(`sip:${meeting.extension}.${meeting.pin}@${gateway.sip}`, voice(2))
    await expect.poll(() => phone!.over, { message: 'the phone is told and let go', timeout: 20_000 }).toBe(true)
    expect(likeness(recording('meeting-over'), phone.heard()), 'the phone hears that it has ended').toBeGreaterThan(there)
  } finally {
    await phone?.hangUp()
    await gateway.stop()
    await mailbox.close()
  }
})

test('from within the call the host sends an invitation, and who gets it comes', { tag: '@soak' }, async ({ browse, host }) => {
  test.setTimeout(120_000)
  const mailbox = await Mailbox.open()
  const gateway = await Gateway.start(`mail: {smtp: "smtp://127.0.0.1:${mailbox.port}", from: "Meetings <meet@example.org>"}`)
  try {
    await gateway.account()
    const room = await gateway.room('Ward round')
    const h = await host(room, { gateway, mic: voice(1) })
    await h.press('Invite')
    const sheet = h.page.getByRole('dialog', { name: 'Invite others' })
    await sheet.getByRole('combobox', { name: 'Send invitations to' }).fill('Dora <dora@example.org>')
    await sheet.getByRole('button', { name: 'Send', exact: true }).click()
    await expect.poll(() => mailbox.of('dora@example.org').length, { timeout: 20_000 }).toBe(1)
    const text = mailbox.of('dora@example.org')[0]!.parts['text/plain']!
    expect(text).toContain('Ward round')
    expect(text).not.toContain(room.host_pin)
    if (process.env.LOOK) await h.page.screenshot({ path: process.env.LOOK })
    await sheet.getByRole('button', { name: 'Close' }).click()

    const dora = new Guest(await browse({ mic: voice(0) }))
    await dora.page.goto(/http\S+\/j\/\w+/.exec(text)![0])
    await dora.joinButton.click()
    await dora.inRoom()
    await expect(h.person('Dora')).toBeVisible()
  } finally {
    await gateway.stop()
    await mailbox.close()
  }
})

test('who comes too early is told when it begins, and who comes too many that it is full', { tag: '@soak' }, async ({ gateway, browse, enter, endpoint }) => {
  test.setTimeout(120_000)
  const page = await browse({ mic: 'missing' })
  const { email, password } = account
  await page.request.post(`${gateway.url}/api/v1/session`, { data: { email, password } })
  const add = async (title: string, minutes: number, more: object = {}): Promise<Room> => {
    const [date, time] = inZurich(minutes)
    const data = { title, zone: 'Europe/Zurich', start: `${date}T${time}`, duration_min: 30, ...more }
    const answer = await page.request.post(`${gateway.url}/api/v1/meetings`, { data })
    expect(answer.status(), await answer.text()).toBe(201)
    return { ...((await answer.json()) as Room), name: title }
  }

  const later = await add('Board', 95)
  const p = Phone.dial(`sip:${later.extension}.${later.pin}@${gateway.sip}`, voice(2))
  const guest = new Guest(await browse({ mic: voice(0) }))
  await guest.page.goto(later.guest_link)
  await expect(guest.page.getByRole('heading', { name: 'Board' })).toBeVisible()
  await expect(guest.joinButton).toBeHidden()
  await expect(guest.page.getByRole('main')).toContainText('You can come in from')
  await expect.poll(() => p.over, { message: 'the phone is told and let go', timeout: 25_000 }).toBe(true)
  expect(likeness(recording('too-early'), p.heard()), 'the phone hears that it is early').toBeGreaterThan(there)
  expect((await gateway.legsIn(later)).length).toBe(0)
  await p.hangUp()

  // Two are let in, whatever they come by; the third is one too many, by whatever.
  const small = await add('Duo', 5, { max_participants: 2 })
  await enter(small, 'Ada', { mic: voice(0) })
  await endpoint(small, voice(1))
  const third = Phone.dial(`sip:${small.extension}.${small.pin}@${gateway.sip}`, voice(2))
  await expect.poll(() => third.over, { message: 'the phone is let go', timeout: 20_000 }).toBe(true)
  await third.hangUp()
  await guest.page.goto(small.guest_link)
  await guest.join('Bo')
  await expect(guest.page.getByRole('heading', { name: /full/i })).toBeVisible()
  expect((await gateway.legsIn(small)).length).toBe(2)
})
