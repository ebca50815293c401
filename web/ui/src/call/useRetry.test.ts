import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryIn } from './useRetry.ts'

test('what passes is tried again, slower each time', () => {
  const half = () => 0.5
  assert.deepEqual([0, 1, 2, 3, 4, 9].map((n) => retryIn('busy', 0, n, half)), [5, 10, 20, 40, 60, 60])
  assert.equal(retryIn('draining', 30, 0, half), 30, 'not before the gateway says')
  assert.equal(retryIn('busy', 0, 20), undefined, 'not for ever')
  for (const cause of ['left', 'removed', 'full', 'locked', 'link-ended', 'denied', 'locked-out']) assert.equal(retryIn(cause, 5, 0), undefined, cause)
})
