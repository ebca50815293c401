// Browsers and a phone in one room: who hears whom.
import { expect, test } from '../fixtures.ts'
import { absent, level, likeness, rate, there, voice } from '../sound.ts'

const [ada, bob, phone] = [voice(0), voice(1), voice(2)]

const silent = -50 // dBFS

test('each hears the others and not itself; mute works in all directions', async ({ gateway, enter, phone: call }) => {
  test.setTimeout(120_000)
  const room = await gateway.room('Boardroom')
  const a = await enter(room, 'Ada', { mic: ada })
  const b = await enter(room, 'Bob', { mic: bob })
  const p = await call(room, phone)
  await Promise.all([a.connected(), b.connected()])
  await expect(a.people).toHaveCount(3)
  await expect(b.people).toHaveCount(3)

  await test.step('all three talk', async () => {
    const heard = await Promise.all([a.hears(6), b.hears(6), p.listen(6)])
    const table = heard.map((h) => [ada, bob, phone].map((v) => likeness(v.sound, h)))
    console.log('Ada, Bob, phone hear Ada, Bob, phone:', table.map((r) => r.map((v) => v.toFixed(2)).join(' ')).join(' | '))
    table.forEach((row, i) =>
      row.forEach((v, k) => {
        const what = `${['Ada', 'Bob', 'the phone'][i]} hears ${['Ada', 'Bob', 'the phone'][k]}`
        if (i === k) expect.soft(v, what).toBeLessThan(absent)
        else expect.soft(v, what).toBeGreaterThan(there)
      }),
    )
  })

  await test.step('Bob mutes: nobody hears him, and all see it', async () => {
    await b.control('Mute').click()
    await expect(a.person('Bob')).toContainText('muted')
    const [h, hp] = await Promise.all([a.hears(4), p.listen(4)])
    expect.soft(likeness(bob.sound, h), 'Ada hears muted Bob').toBeLessThan(absent)
    expect.soft(likeness(bob.sound, hp), 'the phone hears muted Bob').toBeLessThan(absent)
    expect.soft(likeness(phone.sound, h), 'Ada hears the phone').toBeGreaterThan(there)
  })

  await test.step('the phone mutes by *6: it shows on the pages', async () => {
    await p.press('*6')
    await expect(a.person('phone')).toContainText('muted')
    await expect(b.person('phone')).toContainText('muted')
    await expect.poll(async () => level(await a.hears(2)), { message: 'Ada hears nobody' }).toBeLessThan(silent)
  })

  await test.step('Ada mutes by the keyboard: Bob hears nobody; then each comes back', async () => {
    await a.page.keyboard.press('m')
    await expect(b.person('Ada')).toContainText('muted')
    await expect.poll(async () => level(await b.hears(2)), { message: 'Bob hears nobody' }).toBeLessThan(silent)
    await a.page.keyboard.press('m')
    await expect(b.person('Ada')).not.toContainText('muted')
    const h = await b.hears(4)
    expect.soft(likeness(ada.sound, h), 'Bob hears Ada alone').toBeGreaterThan(there)
    expect.soft(likeness(bob.sound, h), 'Bob hears himself').toBeLessThan(absent)
    await p.press('*6')
    await expect(a.person('phone')).not.toContainText('muted')
    await b.control('Unmute').click()
    await expect(a.person('Bob')).not.toContainText('muted')
  })
})

test('a room system, a telephone and a browser hear each other', async ({ gateway, enter, phone: call, endpoint }) => {
  test.setTimeout(90_000)
  const room = await gateway.room('Auditorium')
  const a = await enter(room, 'Ada', { mic: ada })
  const p = await call(room, phone)
  const e = await endpoint(room, bob)
  await a.connected()
  await expect(a.people).toHaveCount(3)
  await expect(a.person('Auditorium')).toContainText('Room system')
  const [byAda, byPhone] = await Promise.all([a.hears(8), p.listen(8)])
  expect.soft(likeness(bob.sound, byAda), 'Ada hears the room system').toBeGreaterThan(there)
  expect.soft(likeness(phone.sound, byAda), 'Ada hears the phone').toBeGreaterThan(there)
  expect.soft(likeness(ada.sound, byAda), 'Ada hears herself').toBeLessThan(absent)
  expect.soft(likeness(bob.sound, byPhone), 'the phone hears the room system').toBeGreaterThan(there)
  expect.soft(likeness(phone.sound, byPhone), 'the phone hears itself').toBeLessThan(absent)

  const all = await test.step('the phone mutes, then the room system leaves', async () => {
    const before = 7 * rate // all three talk
    await p.press('*6')
    await expect(a.person('phone')).toContainText('muted')
    await a.hears(6)
    const heard = await e.heard()
    await expect(a.people).toHaveCount(2)
    return { talking: heard.slice(0, -before), alone: heard.slice(-5 * rate) }
  })
  expect.soft(likeness(phone.sound, all.talking), 'the room system hears the phone').toBeGreaterThan(there)
  expect.soft(likeness(ada.sound, all.alone), 'the room system hears Ada').toBeGreaterThan(there)
  expect.soft(likeness(phone.sound, all.alone), 'the room system hears the muted phone').toBeLessThan(absent)
  expect.soft(likeness(bob.sound, all.alone), 'the room system hears itself').toBeLessThan(absent)
  expect.soft(likeness(ada.sound, await p.listen(5)), 'the phone hears Ada').toBeGreaterThan(there)
})
