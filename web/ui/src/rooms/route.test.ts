import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meetingPath, parse } from './route.ts'

test('addresses of a host’s pages', () => {
  assert.deepEqual(parse('/'), { page: 'rooms' })
  assert.deepEqual(parse('/meetings'), { page: 'meetings' })
  assert.deepEqual(parse('/meetings/'), { page: 'meetings' })
  assert.deepEqual(parse('/meetings/new'), { page: 'new' })
  assert.deepEqual(parse('/meetings/abc'), { page: 'meeting', id: 'abc' })
  assert.deepEqual(parse('/meetings/abc/edit'), { page: 'edit', id: 'abc' })
  assert.deepEqual(parse('/contacts'), { page: 'contacts' })
  assert.deepEqual(parse('/admin'), { page: 'admin', sub: 'overview' })
  assert.deepEqual(parse('/admin/trunks'), { page: 'admin', sub: 'trunks' })
  assert.deepEqual(parse('/admin/calls/'), { page: 'admin', sub: 'calls' })
  assert.deepEqual(parse('/admin/calls/a%2Fb'), { page: 'admin', sub: 'call', id: 'a/b' })
})

test('other addresses are left to the browser', () => {
  for (const path of ['/rooms/abc', '/j/token', '/test', '/meetings/abc/qr', '/meetings/abc/edit/x', '/meetings/new/x', '/contacts/x', '/admin/x', '/admin/trunks/x', '/admin/calls/a/b', '/meetings/%E0%A4%A']) assert.equal(parse(path), undefined, path)
})

test('an id of any letters', () => {
  const id = 'a/b c?ü'
  assert.deepEqual(parse(meetingPath(id)), { page: 'meeting', id })
})
