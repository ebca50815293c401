// A guest's place: reloads, second tabs and closed ones.
import { expect, test } from '../fixtures.ts'
import { Guest } from '../guest.ts'
import { likeness, there, voice } from '../sound.ts'

const [ada, , phone] = [voice(0), voice(1), voice(2)]

test('a reload takes the place up again and leaves no ghost', async ({ gateway, enter, phone: call }) => {
  const room = await gateway.room('Library')
  const p = await call(room, phone)
  const a = await enter(room, 'Ada', { mic: ada })
  await a.connected()
  const before = (await gateway.legsIn(room)).find((l) => l.protocol === 'webrtc')!
  await a.page.reload()
  await a.inRoom()
  await a.connected()
  await expect.poll(async () => (await gateway.legsIn(room)).length).toBe(2)
  const after = (await gateway.legsIn(room)).find((l) => l.protocol === 'webrtc')!
  expect(after.id, 'the same participant').toBe(before.id)
  await expect(a.people).toHaveCount(2)
  const [h, hp] = await Promise.all([a.hears(4), p.listen(4)])
  expect(likeness(phone.sound, h)).toBeGreaterThan(there)
  expect(likeness(ada.sound, hp)).toBeGreaterThan(there)
})

test('two tabs are two guests; a closed tab is gone soon', { tag: '@soak' }, async ({ gateway, enter }) => {
  const room = await gateway.room('Pantry')
  const a = await enter(room, 'Ada', { mic: ada })
  const second = new Guest(await a.page.context().newPage())
  await second.page.goto(a.page.url())
  await second.join('Ada too')
  await second.inRoom()
  await expect(a.people).toHaveCount(2)
  await expect.poll(async () => (await gateway.legsIn(room)).length).toBe(2)
  await second.page.close({ runBeforeUnload: true })
  // It may be a reload: its place is kept for 5 s.
  await expect.poll(async () => (await gateway.legsIn(room)).length, { timeout: 10_000 }).toBe(1)
  await expect(a.people).toHaveCount(1)
})

test('with the microphone denied one listens', { tag: '@soak' }, async ({ gateway, visit, phone: call }) => {
  const room = await gateway.room('Gallery')
  await call(room, phone)
  const a = await visit(room, { mic: 'denied' })
  await a.join('Ada')
  await a.inRoom()
  await a.connected()
  expect(likeness(phone.sound, await a.hears(4))).toBeGreaterThan(there)
})
