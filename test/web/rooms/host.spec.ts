// What a host does reaches phones and pages.
import { expect, test } from '../fixtures.ts'
import { absent, likeness, there, voice } from '../sound.ts'

const [ada, , phone] = [voice(0), voice(1), voice(2)]

test("the host's mute silences the phone; end for all drops every leg within 2 s", async ({ gateway, host, enter, phone: call }) => {
  test.setTimeout(120_000)
  const room = await gateway.room('Town hall')
  const h = await host(room)
  const a = await enter(room, 'Ada', { mic: ada })
  const p = await call(room, phone)
  await Promise.all([h.connected(), a.connected()])
  await a.control('Mute').click()
  expect(likeness(phone.sound, await a.hears(4)), 'Ada hears the phone').toBeGreaterThan(there)

  const row = h.panel.getByRole('listitem').filter({ hasText: 'phone' })
  await row.getByRole('button', { name: 'Mute phone' }).click()
  await expect(a.person('phone')).toContainText('muted')
  expect(likeness(phone.sound, await a.hears(4)), 'Ada hears the muted phone').toBeLessThan(absent)

  await h.control('Leave').click()
  await h.page.getByRole('dialog').getByRole('button', { name: 'End for everyone' }).click()
  const began = Date.now()
  await expect(a.page.getByRole('heading', { name: 'The meeting has ended' })).toBeVisible({ timeout: 4000 })
  await expect.poll(() => p.over, { message: 'the phone is hung up', timeout: 4000, intervals: [50] }).toBe(true)
  const took = Date.now() - began
  await expect.poll(async () => (await gateway.legsIn(room)).length, { timeout: 4000 }).toBe(0)
  console.log(`end for all: page and phone are out after ${took} ms`)
  expect(took, '2 s, and what it takes to look').toBeLessThan(2300)
})

test('from the lobby the host admits', async ({ gateway, host, visit }) => {
  const room = await gateway.room('Surgery', '--lobby')
  const h = await host(room, { mic: voice(1) })
  const a = await visit(room, { mic: ada })
  await a.join('Ada')
  await a.inLobby()
  await expect(a.controls).toBeHidden()
  await h.panel.getByRole('button', { name: 'Admit Ada', exact: true }).click()
  await a.inRoom()
  await expect(h.person('Ada')).toBeVisible()
})

test('a host lowers a hand, renames a phone, makes a co-host, removes', { tag: '@soak' }, async ({ gateway, host, enter, phone: call }) => {
  test.setTimeout(120_000)
  const room = await gateway.room('Choir')
  const h = await host(room, { mic: voice(1) })
  const a = await enter(room, 'Ada', { mic: ada })
  const p = await call(room, phone)
  await a.control('Raise hand').click()
  await expect(h.person('Ada')).toContainText('hand raised')
  const row = (who: string) => h.panel.getByRole('listitem').filter({ hasText: who })
  const ask = async (who: string, what: string) => {
    const more = row(who).getByRole('button', { name: `More about ${who}` })
    if ((await more.getAttribute('aria-expanded')) !== 'true') await more.click()
    await row(who).getByRole('button', { name: what }).click()
  }

  await ask('Ada', 'Lower hand')
  await expect(a.person('Ada')).not.toContainText('hand raised')

  await ask('phone', 'Rename')
  await h.panel.getByRole('textbox', { name: 'New name for phone' }).fill('Dr Chen')
  await h.page.keyboard.press('Enter')
  await expect(a.person('Dr Chen')).toBeVisible()

  await ask('Ada', 'Make host')
  await expect(a.panel).toBeVisible()
  await expect(a.person('Ada')).toContainText('Host')

  await ask('Dr Chen', 'Remove')
  await h.page.getByRole('dialog', { name: 'Remove Dr Chen?' }).getByRole('button', { name: 'Remove' }).click()
  await expect.poll(() => p.over, { message: 'the phone is out' }).toBe(true)
  await expect(a.person('Dr Chen')).toHaveCount(0)
})
