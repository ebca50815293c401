import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changes, drawPIN, inZone, newDraft, settingsOf } from './draft.ts'
import { ago, dayText, durationText, sameClock, shortMoment, spanText, whenText } from './when.ts'
import { instant, localTime, offset, offsetName, searchZones, zoneRows } from './zone.ts'

const utc = (s: string) => Date.parse(`${s}:00Z`)
const plain = (s: string) => s.replace(/[\u00a0\u2009\u202f]/g, ' ')

test('a local time is an instant of its zone', () => {
  assert.equal(instant('2026-11-30T14:00', 'Europe/Zurich'), utc('2026-11-30T13:00'))
  assert.equal(instant('2026-07-01T14:00', 'Europe/Zurich'), utc('2026-07-01T12:00'))
  assert.equal(instant('2026-01-01T00:30', 'Australia/Sydney'), utc('2025-12-31T13:30'))
  assert.equal(instant('2026-11-30T14:00', 'Asia/Kathmandu'), utc('2026-11-30T08:15'))
  assert.ok(Number.isNaN(instant('T', 'UTC')))
})

test('times that clocks skip or show twice, as RFC 5545 has them', () => {
  assert.equal(instant('2027-03-28T02:30', 'Europe/Zurich'), utc('2027-03-28T01:30'), 'skipped: the offset before')
  assert.equal(instant('2026-10-25T02:30', 'Europe/Zurich'), utc('2026-10-25T00:30'), 'twice: the first')
  assert.equal(instant('2027-03-14T02:30', 'America/New_York'), utc('2027-03-14T07:30'))
  assert.equal(instant('2026-11-01T01:30', 'America/New_York'), utc('2026-11-01T05:30'))
})

test('there and back', () => {
  for (const zone of ['Europe/Zurich', 'America/New_York', 'Australia/Sydney', 'Asia/Kolkata', 'UTC']) {
    for (let at = utc('2026-01-01T00:00'); at < utc('2027-01-01T00:00'); at += 7 * 3600_000 * 11) assert.equal(instant(localTime(zone, at), zone), at, zone)
  }
})

test('distances from UTC', () => {
  assert.deepEqual([0, 60, -210, 345].map(offsetName), ['UTC', 'UTC+1', 'UTC−3:30', 'UTC+5:45'])
  assert.equal(offset('Europe/Zurich', utc('2026-07-01T00:00')), 120)
  assert.equal(sameClock('Europe/Zurich', 'Europe/Paris', utc('2026-07-01T00:00')), true)
  assert.equal(sameClock('Europe/Zurich', 'Europe/London', utc('2026-07-01T00:00')), false)
})

test('zones are found by city, without accents, and by offset', () => {
  const rows = zoneRows(['America/New_York', 'Europe/Zurich', 'Asia/Kolkata', 'America/Sao_Paulo'], utc('2026-11-30T12:00'), 'de')
  const found = (s: string) => searchZones(rows, s).map((r) => r.zone)
  assert.deepEqual(found('zür'), ['Europe/Zurich'])
  assert.deepEqual(found('new york'), ['America/New_York'])
  assert.deepEqual(found('utc+5:30'), ['Asia/Kolkata'])
  assert.deepEqual(found('utc-5'), ['America/New_York'])
  assert.equal(found('').length, 4)
  assert.deepEqual(found('atlantis'), [])
})

test('today, tomorrow, and other days by the clock of the zone', () => {
  const now = utc('2026-11-29T22:30') // 23:30 in Zurich
  const at = utc('2026-11-30T13:00')
  assert.equal(dayText(at, 'Europe/Zurich', 'en-GB', now), 'Tomorrow')
  assert.equal(dayText(at, 'Europe/Zurich', 'de', now + 3600_000), 'Heute')
  assert.equal(dayText(at, 'Europe/Zurich', 'en-GB', utc('2026-11-01T00:00')), 'Mon 30 Nov')
  assert.match(dayText(at, 'Europe/Zurich', 'en-GB', utc('2025-11-01T00:00')), /2026/)
  assert.equal(plain(spanText(at, at + 3600_000, 'Europe/Zurich', 'en-GB')), '14:00–15:00')
  assert.match(plain(spanText(at, at + 12 * 3600_000, 'Europe/Zurich', 'en-GB')), /14:00 – Tue,? 02:00/)
  assert.equal(shortMoment(at, 'Europe/Zurich', 'en-GB', now), 'Mon 30 Nov, 14:00')
})

test('a meeting of another zone says both times', () => {
  const m = { start: '2026-11-30T14:00', zone: 'America/New_York', duration_min: 60 }
  const said = whenText(m, 'en-GB', utc('2026-11-30T08:00'), 'Europe/Zurich')
  assert.equal(plain(said.main), 'Today, 20:00–21:00')
  assert.equal(plain(said.there), 'Today, 14:00–15:00 (America/New_York, UTC−5)')
  assert.equal(whenText(m, 'en-GB', 0, 'America/Toronto').there, '')
  const next = { ...m, next: { start: '2026-12-07T14:00:00-05:00', end: '2026-12-07T15:00:00-05:00' } }
  assert.match(whenText(next, 'en-GB', utc('2026-11-30T08:00'), 'America/New_York').main, /^Mon 7 Dec/, 'the one that comes')
})

test('how long, and how long ago', () => {
  assert.equal(plain(durationText(90, 'en')), '1 hr 30 min')
  assert.equal(plain(durationText(1440, 'en')), '1 day')
  assert.equal(plain(durationText(0, 'en')), '0 min')
  assert.equal(ago(0, 'en', 125_000), '2 minutes ago')
  assert.equal(ago(0, 'en', 20_000), 'now')
})

test('a new meeting needs a title only', () => {
  const d = newDraft('Europe/Zurich', utc('2026-11-30T13:45'), '48219')
  assert.deepEqual([d.date, d.time, d.duration], ['2026-11-30', '16:00', 60], 'the next full hour that is half an hour away')
  const s = settingsOf({ ...d, title: ' Weekly sync ' })
  assert.deepEqual([s.title, s.start, s.repeat, s.pin], ['Weekly sync', '2026-11-30T16:00', '', '48219'])
  assert.equal('host_pin' in s, false, 'the gateway makes it')
  assert.equal('reminders_min' in s, false)
  assert.deepEqual(changes(s, { ...s, note: 'x', repeat: 'FREQ=DAILY' }), { note: 'x', repeat: 'FREQ=DAILY' })
})

test('another zone moves only an hour that nobody has set', () => {
  const now = utc('2026-11-30T13:45')
  const d = newDraft('Europe/Zurich', now, '')
  assert.deepEqual(inZone(d, 'Australia/Sydney', now), { zone: 'Australia/Sydney', date: '2026-12-01', time: '02:00' })
  assert.deepEqual(inZone({ ...d, time: '09:00' }, 'Australia/Sydney', now), { zone: 'Australia/Sydney' })
})

test('PINs that are made are not easy to guess', () => {
  const rounds = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.4, 0.8, 0.2, 0.1, 0.9, 0.3]
  assert.equal(drawPIN(() => rounds.shift() ?? 0), '482193', 'neither a row nor all alike')
})
