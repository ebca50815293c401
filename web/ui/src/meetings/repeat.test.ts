import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstDay, moved, nthOf, once, repeatOf, ruleOf, type Repeat } from './repeat.ts'

const zone = 'Europe/Zurich'
const monday = '2026-11-30' // the last, and the fifth, Monday of the month; its last day, too

const rule = (change: Partial<Repeat>, date = monday, z = zone) => ruleOf({ ...once, ...change }, date, z)

test('rules as the form says them', () => {
  assert.equal(rule({}), '')
  assert.equal(rule({ every: 'day' }), 'FREQ=DAILY')
  assert.equal(rule({ every: 'day', interval: 3, ends: 'after', count: 5 }), 'FREQ=DAILY;INTERVAL=3;COUNT=5')
  assert.equal(rule({ every: 'workday', interval: 4 }), 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'there is no every fourth working day')
  assert.equal(rule({ every: 'week', days: ['TH', 'MO'], interval: 2 }), 'FREQ=WEEKLY;BYDAY=MO,TH;INTERVAL=2', 'in the order of the week')
  assert.equal(rule({ every: 'week', days: [] }), 'FREQ=WEEKLY;BYDAY=MO', 'on the day it begins')
  assert.equal(rule({ every: 'month' }), 'FREQ=MONTHLY;BYMONTHDAY=-1', 'the last day of a month stays the last')
  assert.equal(rule({ every: 'month' }, '2026-11-14'), 'FREQ=MONTHLY;BYMONTHDAY=14')
  assert.equal(rule({ every: 'month', by: 'weekday' }), 'FREQ=MONTHLY;BYDAY=-1MO')
  assert.equal(rule({ every: 'month', by: 'weekday' }, '2026-11-10'), 'FREQ=MONTHLY;BYDAY=2TU')
})

test('the last day is the end of that day in the zone, in UTC', () => {
  assert.equal(rule({ every: 'day', ends: 'on', until: '2026-12-31' }), 'FREQ=DAILY;UNTIL=20261231T225959Z')
  assert.equal(rule({ every: 'day', ends: 'on', until: '2026-07-01' }), 'FREQ=DAILY;UNTIL=20260701T215959Z', 'summer time')
  assert.equal(rule({ every: 'day', ends: 'on', until: '2026-12-31' }, monday, 'America/New_York'), 'FREQ=DAILY;UNTIL=20270101T045959Z')
})

test('what the form makes it reads again', () => {
  for (const date of ['2026-11-30', '2026-12-31', '2027-02-14', '2028-02-29']) {
    for (const z of ['Europe/Zurich', 'America/New_York', 'Australia/Sydney', 'UTC']) {
      for (const ends of [{}, { ends: 'on', until: '2029-03-01' }, { ends: 'after', count: 7 }] as const) {
        for (const every of [{ every: 'day', interval: 2 }, { every: 'workday' }, { every: 'week', days: ['TU', 'SU'] }, { every: 'month' }, { every: 'month', by: 'weekday', interval: 6 }] as const) {
          const r: Repeat = { ...once, ...every, ...ends, days: 'days' in every ? [...(every.days ?? [])] : [] }
          assert.deepEqual(repeatOf(ruleOf(r, date, z), date, z), r)
        }
      }
    }
  }
})

test('a rule that the form cannot show is kept', () => {
  for (const strange of ['FREQ=YEARLY', 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', 'FREQ=WEEKLY;BYDAY=1MO', 'FREQ=DAILY;BYHOUR=9', 'FREQ=MONTHLY;BYMONTHDAY=3']) {
    const r = repeatOf(strange, monday, zone)
    assert.equal(r.every, 'kept', strange)
    assert.equal(ruleOf(r, monday, zone), strange)
  }
})

test('a rule as others write it', () => {
  assert.deepEqual(repeatOf('FREQ=WEEKLY;WKST=MO;COUNT=3', monday, zone), { ...once, every: 'week', days: ['MO'], ends: 'after', count: 3 })
  assert.equal(repeatOf('FREQ=DAILY;UNTIL=20261231', monday, zone).until, '2026-12-31')
})

test('which weekday of the month', () => {
  assert.deepEqual(['2026-11-01', '2026-11-07', '2026-11-08', '2026-11-28', '2026-11-29'].map(nthOf), [1, 1, 2, 4, -1])
})

test('a series begins on one of its own days', () => {
  assert.equal(firstDay({ ...once, every: 'week', days: ['WE'] }, monday), '2026-12-02')
  assert.equal(firstDay({ ...once, every: 'week', days: ['MO', 'WE'] }, monday), monday)
  assert.equal(firstDay({ ...once, every: 'workday' }, '2026-11-28'), monday)
  assert.equal(firstDay({ ...once, every: 'day' }, '2026-11-28'), '2026-11-28')
  assert.deepEqual(moved({ ...once, every: 'week', days: ['MO'] }, monday, '2026-12-01').days, ['TU'])
  assert.deepEqual(moved({ ...once, every: 'week', days: ['MO', 'TU'] }, monday, '2026-12-01').days, ['MO', 'TU'])
})
