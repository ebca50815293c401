import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock, daysTo, lasting } from './time.ts'

test('lengths of time', () => {
  assert.equal(clock(5), '0:05')
  assert.equal(clock(245.9), '4:05')
  assert.equal(clock(3753), '1:02:33')
  assert.equal(clock(-1), '0:00')
  assert.equal(lasting(42), '42 sec')
  assert.equal(lasting(61), '1 min')
  assert.equal(lasting(7260), '2 hr 1 min')
  assert.equal(lasting(2 * 86_400 + 3 * 3600), '2 days 3 hr')
})

test('days to a date', () => {
  const now = Date.parse('2026-11-30T12:00:00Z')
  assert.equal(daysTo('2026-12-10T13:00:00Z', now), 10)
  assert.equal(daysTo('2026-11-30T11:00:00Z', now), -1)
})
