import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leftText, nextAsk, parts, saidAt, unitName } from './opening.ts'

const minute = 60_000
const hour = 60 * minute

test('the time that is left', () => {
  assert.deepEqual(parts(0), [0, 0, 0, 0])
  assert.deepEqual(parts(-5), [0, 0, 0, 0])
  assert.deepEqual(parts(1), [0, 0, 0, 1], 'it is never said to be open before it is')
  assert.deepEqual(parts(49 * hour + 3 * minute + 4000), [2, 1, 3, 4])
  assert.equal(leftText(49 * hour + 3 * minute, 'en'), '2 days 1 hour')
  assert.equal(leftText(2 * hour, 'en'), '2 hours')
  assert.equal(leftText(61 * minute, 'de'), '1 Stunde 1 Minute')
  assert.equal(leftText(5 * minute, 'fr'), '5 minutes')
  assert.equal(leftText(20_000, 'en'), '20 seconds')
  assert.equal(leftText(0, 'en'), '0 seconds')
  assert.equal(unitName(2, 1, 'en'), 'minute')
})

test('it is said now and then, not every second', () => {
  const said: number[] = []
  for (let s = 7200; s >= 0; s--) if (saidAt(s * 1000)) said.push(s / 60)
  assert.deepEqual(said, [120, 60, 45, 30, 15, 5, 4, 3, 2, 1])
})

test('the gateway is asked at the opening, and then slower each time', () => {
  const flat = () => 0
  assert.equal(nextAsk(30_000, 0, flat), 30_000)
  assert.equal(nextAsk(10 * minute, 0, flat), minute)
  assert.equal(nextAsk(48 * hour, 0, flat), 5 * minute)
  const half = () => 0.5
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((n) => nextAsk(0, n, half)), [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000])
  for (let n = 0; n < 100; n++) assert.ok(nextAsk(0, 9) <= 37_500)
})
