import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calledName, isNumber } from './calls.ts'

test('numbers and addresses', () => {
  for (const s of ['+41445550100', ' 044 555 01 00 ', '(0)44/555-01.00', 'tel:+41445550100']) assert.equal(isNumber(s), true, s)
  for (const s of ['', '600', 'sip:ada@example.org', 'h323:600@192.0.2.7', 'ada', '+']) assert.equal(isNumber(s), false, s)
})

test('whom a call is for', () => {
  assert.equal(calledName({ to: 'sip:ada@example.org' }), 'ada@example.org')
  assert.equal(calledName({ to: 'h323:600@192.0.2.7' }), '600@192.0.2.7')
  assert.equal(calledName({ to: '+41445550100', name: 'Ada' }), 'Ada')
})
