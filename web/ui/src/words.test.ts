import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromRms } from './audio/level.ts'
import { grade } from './call/words.ts'
import { choose, fill } from './i18n.ts'
import { readPage } from './page.ts'
import { initials } from './parts/Avatar.tsx'
import { cleanName, insideApp, nameFits, whichBrowser } from './prejoin/browser.ts'
import { changesOf } from './rooms/RoomSettings.tsx'
import { verdict } from './test/verdict.ts'

test('plural forms and values', () => {
  const message = { one: '{{.Count}} person', other: '{{.Count}} people' }
  const en = new Intl.PluralRules('en')
  const fr = new Intl.PluralRules('fr')
  assert.equal(choose(message, 1, en), '{{.Count}} person')
  assert.equal(choose(message, 0, en), '{{.Count}} people')
  assert.equal(choose(message, 0, fr), '{{.Count}} person', 'French counts none as one')
  assert.equal(choose('plain', 3, en), 'plain')
  assert.equal(fill('{{ .Name }} and {{.Other}}', { Name: 'Ada' }), 'Ada and {{.Other}}')
})

test('names are trimmed and freed of what cannot be seen', () => {
  assert.equal(cleanName('  Ada \t\n Lovelace\u0007 '), 'Ada Lovelace')
  assert.equal(cleanName('\u202eevil\u2066'), 'evil')
  assert.equal(nameFits(''), false)
  assert.equal(nameFits('x'.repeat(64)), true)
  assert.equal(nameFits('x'.repeat(65)), false)
  assert.equal(nameFits('😀'.repeat(64)), true, 'characters, not code units')
})

test('initials', () => {
  assert.equal(initials('ada king lovelace'), 'AL')
  assert.equal(initials('Bo'), 'B')
  assert.equal(initials(''), '')
})

test('which browser', () => {
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  const safari = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15'
  assert.equal(whichBrowser(chrome), 'chrome')
  assert.equal(whichBrowser(chrome.replace('X11; Linux x86_64', 'Linux; Android 15')), 'android')
  assert.equal(whichBrowser(safari), 'safari')
  assert.equal(whichBrowser(safari, 5), 'ios', 'an iPad says that it is a Macintosh')
  assert.equal(whichBrowser('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'), 'firefox')
  assert.equal(insideApp('Mozilla/5.0 (iPhone) Instagram 300'), true)
  assert.equal(insideApp(chrome), false)
})

test('the worst figure grades a connection', () => {
  const good = { loss: 0, jitter_ms: 3, rtt_ms: 30, mos: 4.3 }
  assert.equal(grade(good), 'good')
  assert.equal(grade({ ...good, loss: 0.05 }), 'fair')
  assert.equal(grade({ ...good, rtt_ms: 500 }), 'fair')
  assert.equal(grade({ ...good, mos: 2 }), 'poor')
  assert.equal(grade({ ...good, jitter_ms: 200 }), 'poor')
})

test('the result of a test call', () => {
  assert.equal(verdict([]), undefined)
  const sample = { loss: 0.01, jitter_ms: 5, rtt_ms: 40, mos: 4.2, level: -30 }
  const v = verdict([{ ...sample, mos: 0, rtt_ms: 0 }, sample, { ...sample, loss: 0.03, jitter_ms: 9, level: -20 }])
  assert.equal(v?.grade, 'good')
  assert.equal(v?.loss.toFixed(2), '0.02')
  assert.equal(v?.jitter_ms, 9)
  assert.equal(v?.rtt_ms, 40, 'what is not known yet does not count')
  assert.equal(v?.voice, 'good')
  assert.equal(verdict([{ ...sample, level: -90 }])?.voice, 'none')
})

test('loudness as the ear has it', () => {
  assert.equal(fromRms(0), 0)
  assert.equal(fromRms(1), 1)
  assert.equal(Math.round(fromRms(0.01) * 100), 40)
})

test('only changed settings are sent', () => {
  assert.deepEqual(changesOf({ name: 'a', lobby: false, pin: '' }, { name: 'a', lobby: true, pin: '48219' }), { lobby: true, pin: '48219' })
})

test('a page without data', () => {
  assert.equal(readPage('').lang, 'en')
  assert.equal(readPage('{"lang":"de"}').lang, 'de')
})
