// Holds the five languages together: every ui key that the source uses is there, none is
// there that it doesn't use, and each has the same values and plural forms everywhere.
// Keys that don't begin with "ui." are the gateway's own.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const languages = ['en', 'de', 'fr', 'it', 'es']
const faults = []

const used = new Set()
for (const file of readdirSync(join(root, 'src'), { recursive: true })) {
  if (!/\.tsx?$/.test(file) || /\.test\.ts$/.test(file)) continue
  for (const [, key] of readFileSync(join(root, 'src', file), 'utf8').matchAll(/'(ui\.[a-z0-9.]+)'/g)) used.add(key)
}

const texts = (m) => (typeof m === 'string' ? [m] : Object.values(m))
const values = (m) => [...new Set(texts(m).flatMap((s) => [...s.matchAll(/\{\{\s*\.(\w+)\s*\}\}/g)].map(([, v]) => v)))].sort().join(' ')

const all = Object.fromEntries(
  languages.map((lang) => {
    const messages = JSON.parse(readFileSync(join(root, '../../locales', `${lang}.json`), 'utf8'))
    return [lang, Object.fromEntries(Object.entries(messages).filter(([key]) => key.startsWith('ui.')))]
  }),
)

for (const lang of languages) {
  for (const key of used) if (!(key in all[lang])) faults.push(`${lang}: ${key} is missing`)
  for (const [key, message] of Object.entries(all[lang])) {
    if (!used.has(key)) faults.push(`${lang}: ${key} is not used`)
    if (texts(message).some((s) => typeof s !== 'string' || !s.trim())) faults.push(`${lang}: ${key} is empty`)
    if (typeof message !== 'string' && !('one' in message && 'other' in message)) faults.push(`${lang}: ${key} lacks a plural form`)
    const first = all.en[key]
    if (first === undefined) continue
    if (typeof first !== typeof message) faults.push(`${lang}: ${key} has other plural forms than en`)
    else if (values(first) !== values(message)) faults.push(`${lang}: ${key} has the values "${values(message)}", en has "${values(first)}"`)
  }
}

for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
console.log(`${used.size} keys in ${languages.length} languages`)
