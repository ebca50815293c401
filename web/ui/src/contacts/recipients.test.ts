import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joined, mistake, parse, read, split } from './recipients.ts'

test('a text is divided into entries', () => {
  assert.deepEqual(split('a@x.org; b@x.org,c@x.org\nd@x.org\r\n ;; '), ['a@x.org', 'b@x.org', 'c@x.org', 'd@x.org'])
  assert.deepEqual(split('"Lovelace, Ada" <ada@x.org>; Bo <bo@x.org>'), ['"Lovelace, Ada" <ada@x.org>', 'Bo <bo@x.org>'])
  assert.deepEqual(split('a@x.org b@x.org'), ['a@x.org', 'b@x.org'])
  assert.deepEqual(split('"never closed\nb@x.org'), ['"never closed', 'b@x.org'], 'a quote spoils its line only')
})

test('addresses with names', () => {
  assert.deepEqual(parse('"Lovelace, \\"A\\"" <ada@x.org>'), [{ name: 'Lovelace, "A"', email: 'ada@x.org' }])
  assert.deepEqual(parse('mailto:ada@x.org'), [{ email: 'ada@x.org' }])
  assert.deepEqual(parse('jürg@x.org'), [{ text: 'jürg@x.org' }])
  assert.deepEqual(parse('ada@zürich.example'), [{ email: 'ada@zürich.example' }])
  for (const bad of ['ada@', '@x.org', 'ada@x', 'a..b@x.org', 'ada@-x.org', 'ada@10.0.0.1', 'a b@x.org']) {
    assert.equal(read(bad).wrong, 'ui.recipients.bad.email', bad)
  }
  assert.equal(read(`a@${'x'.repeat(255)}.org`).wrong, 'ui.recipients.bad.long')
  assert.equal(read('Boris').wrong, 'ui.recipients.bad.missing')
})

test('numbers need a country', () => {
  assert.deepEqual(read('+41 44 555 01 00').recipient, { phone: '+41445550100' })
  assert.deepEqual(read('Ada <+41 (0)44 555 01 00>').recipient, { name: 'Ada', phone: '+41445550100' })
  assert.deepEqual(read('0041-44-555-01-00').recipient, { phone: '+41445550100' })
  assert.equal(read('044 555 01 00').wrong, 'ui.recipients.bad.country')
  assert.deepEqual(read('044 555 01 00', 'CH').recipient, { phone: '044 555 01 00' })
  assert.equal(read('+123').wrong, 'ui.recipients.bad.phone')
  assert.equal(read('+1234567890123456').wrong, 'ui.recipients.bad.phone')
})

test('each address once, bad entries kept', () => {
  const list = joined(parse('Ada <ada@x.org>; nonsense'), parse('ADA@x.org; bo@x.org; nonsense'))
  assert.deepEqual(list, [{ name: 'Ada', email: 'ada@x.org' }, { text: 'nonsense' }, { email: 'bo@x.org' }])
  assert.equal(mistake(list[1]!), 'ui.recipients.bad.missing')
  assert.equal(mistake(list[0]!), undefined)
})
