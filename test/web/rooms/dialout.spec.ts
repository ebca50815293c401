// A host calls phones into the room: who answers joins, who is busy is told so, a mailbox
// stays out, and somebody is moved from one room to another.
import type { Locator } from '@playwright/test'
import { expect, test } from '../fixtures.ts'
import { Gateway } from '../gateway.ts'
import type { Guest } from '../guest.ts'
import { Phone } from '../phone.ts'
import { there, likeness, voice } from '../sound.ts'

let gateway: Gateway
let desk: Phone // answers, behind the trunk
let busy: Phone

test.beforeAll(async () => {
  desk = await Phone.wait(voice(2), 'answers', '+41445550177')
  // Elsewhere than the trunk: to its address only numbers are called, by its rules.
  busy = await Phone.wait(voice(2), 'rejects', 'busy', '127.0.0.2')
  gateway = await Gateway.start(`trunks:
  - {name: desk, peers: ["sip:${desk.address}"], allow: [127.0.0.77/32], options_ping: 0s}
dialplan:
  outbound:
    - {match: "+4144*", trunk: desk, caller_id: "+41445550100"}
    - {match: "+*", deny: "only Zürich is called"}
`)
  await gateway.account()
})

test.afterAll(async () => {
  await Promise.all([desk?.hangUp(), busy?.hangUp(), gateway?.stop()])
})

const dialog = (h: Guest): Locator => h.page.getByRole('dialog', { name: 'Call someone' })
const row = (h: Guest, name: string): Locator => h.panel.locator('[data-call]').filter({ hasText: name })

/** Orders a call; the switch is as it is unless confirm says otherwise. */
async function order(h: Guest, to: string, name: string, confirm?: boolean): Promise<void> {
  await h.panel.getByRole('button', { name: 'Call someone' }).click()
  await dialog(h).getByRole('combobox').fill(to)
  await dialog(h).getByLabel('Name in the meeting').fill(name)
  if (confirm !== undefined) await dialog(h).getByRole('switch', { name: 'Ask to press 1' }).setChecked(confirm)
  await dialog(h).getByRole('button', { name: 'Call', exact: true }).click()
}

test('a number goes by its trunk, and joins once 1 is pressed; then it is moved', async ({ host }) => {
  test.setTimeout(120_000)
  const [room, other] = [await gateway.room('Town hall'), await gateway.room('Green room')]
  const h = await host(room, { gateway })
  await order(h, '+43 1 5550100', 'Vienna')
  await expect(dialog(h).getByText('Calls to there are not allowed. (Only Zürich is called)')).toBeVisible()
  await dialog(h).getByRole('combobox').fill('+41 44 555 01 77')
  await dialog(h).getByLabel('Name in the meeting').fill('Zürich')
  await expect(dialog(h).getByRole('switch', { name: 'Ask to press 1' })).toBeChecked()
  await dialog(h).getByRole('button', { name: 'Call', exact: true }).click()
  await expect(dialog(h)).toBeHidden()
  await expect(row(h, 'Zürich')).toContainText('Answered, waiting for the 1')
  expect(await gateway.legsIn(room), 'the phone is in the room before the 1').toHaveLength(1)
  await desk.press('1')
  await expect(h.person('Zürich')).toBeVisible()
  await expect(row(h, 'Zürich')).toHaveCount(0)
  await h.connected()
  expect(likeness(voice(2).sound, await h.hears(4)), 'the host hears the phone').toBeGreaterThan(there)

  const person = h.panel.getByRole('listitem').filter({ hasText: 'Zürich' })
  await person.getByRole('button', { name: 'More about Zürich' }).click()
  await person.getByRole('button', { name: 'Move to another room' }).click()
  const move = h.page.getByRole('dialog', { name: 'Move Zürich' })
  await move.getByLabel('Room or meeting').selectOption(other.extension)
  await move.getByRole('button', { name: 'Move', exact: true }).click()
  await expect(h.person('Zürich')).toHaveCount(0)
  await expect.poll(async () => (await gateway.legsIn(other)).length).toBe(1)
  expect(desk.over, 'the call goes on').toBe(false)
  const [leg] = await gateway.legsIn(other)
  await gateway.cli('calls', 'kick', leg!.id)
})

test('busy is said in words and called again; a call is given up; without the question who answers is in', { tag: '@soak' }, async ({ host }) => {
  test.setTimeout(120_000)
  const room = await gateway.room('Surgery')
  const h = await host(room, { gateway })
  await order(h, `sip:busy@${busy.address}`, 'Bertha')
  await expect(row(h, 'Bertha')).toContainText('Busy')
  const before = busy.calls
  await row(h, 'Bertha').getByRole('button', { name: 'Call again: Bertha' }).click()
  await expect.poll(() => busy.calls).toBe(before + 1)
  await expect(row(h, 'Bertha')).toContainText('Busy')
  await row(h, 'Bertha').getByRole('button', { name: 'Remove Bertha from the list' }).click()
  await expect(row(h, 'Bertha')).toHaveCount(0)

  const quiet = await Phone.wait(voice(2), 'rings', 'quiet', '127.0.0.2')
  try {
    await order(h, `sip:quiet@${quiet.address}`, 'Quentin')
    await expect(row(h, 'Quentin')).toContainText('Ringing')
    await row(h, 'Quentin').getByRole('button', { name: 'Cancel the call to Quentin' }).click()
    await expect(row(h, 'Quentin')).toHaveCount(0)
    await expect.poll(() => quiet.over, { message: 'it stops ringing' }).toBe(true)
  } finally {
    await quiet.hangUp()
  }

  await order(h, '+41 44 555 01 77', 'Desk', false)
  await expect(h.person('Desk')).toBeVisible()
  await order(h, 'nonsense', 'Nobody')
  await expect(dialog(h).getByText(/can’t be called/)).toBeVisible()
})
