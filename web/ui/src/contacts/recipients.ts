// Reads what is typed or pasted as recipients: addresses and numbers, divided by ; , or a
// new line. The gateway reads them again and has the last word.
import type { Key } from '../i18n.ts'

export interface Recipient {
  name?: string
  email?: string
  phone?: string // E.164, or local to the country
  language?: string
  text?: string // as typed, when it could not be read
}

/** Entries of a text. Separators in quotes or angle brackets divide nothing; a new line always does. */
export function split(text: string): string[] {
  const entries: string[] = []
  for (const line of text.split(/[\r\n]+/)) {
    let entry = ''
    let quoted = false
    let angled = false
    for (const c of line) {
      if (c === '"') quoted = !quoted
      else if (!quoted && (c === '<' || c === '>')) angled = c === '<'
      if ((c === ',' || c === ';') && !quoted && !angled) {
        entries.push(entry)
        entry = ''
      } else entry += c
    }
    entries.push(entry)
  }
  return entries.flatMap(several).filter(Boolean)
}

/** Addresses with nothing but spaces between them are several. */
function several(entry: string): string[] {
  const parts = entry.trim().split(/\s+/)
  return parts.every((p) => p.includes('@') && !/[<>"]/.test(p)) ? parts : [entry.trim()]
}

const local = /^[\w!#$%&'*+\-/=?^`{|}~]+(\.[\w!#$%&'*+\-/=?^`{|}~]+)*$/
const label = /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u

export function isEmail(s: string): boolean {
  const at = s.lastIndexOf('@')
  if (at < 1 || s.length > 254 || at > 64 || !local.test(s.slice(0, at))) return false
  const labels = s.slice(at + 1).split('.')
  if (labels.length < 2 && labels[0] !== 'localhost') return false
  return labels.every((l) => label.test(l)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

const numberLike = (s: string): boolean => /^[+\d\s()\-./‐‑–]+$/.test(s) && s.replace(/\D/g, '').length >= 3

/** A number with its country in the one spelling; one without stays as it is written. */
function readPhone(s: string, country: string): { phone?: string; wrong?: Key } {
  const number = s.trim().replace(/^00(?=\d)/, '+')
  const digits = number.replace(/\D/g, '')
  if (!number.startsWith('+')) return country ? { phone: number } : { wrong: 'ui.recipients.bad.country' }
  const plain = number.replace(/\(0\)/, '').replace(/\D/g, '') // +41 (0)44 …
  return digits.length >= 7 && plain.length <= 15 ? { phone: `+${plain}` } : { wrong: 'ui.recipients.bad.phone' }
}

/** One entry, and what is wrong with it. */
export function read(entry: string, country = ''): { recipient: Recipient; wrong?: Key } {
  const angle = /^(.*)<([^<>]*)>$/su.exec(entry.trim())
  const name = angle?.[1]?.trim().replace(/^"(.*)"$/su, '$1').replace(/\\(.)/gu, '$1').trim() ?? ''
  const address = (angle?.[2] ?? entry).trim().replace(/^mailto:|^tel:/i, '')
  const named = name ? { name } : {}
  if (address.includes('@')) {
    if (isEmail(address)) return { recipient: { ...named, email: address } }
    return { recipient: { text: entry }, wrong: address.length > 254 ? 'ui.recipients.bad.long' : 'ui.recipients.bad.email' }
  }
  if (!numberLike(address)) return { recipient: { text: entry }, wrong: 'ui.recipients.bad.missing' }
  const { phone, wrong } = readPhone(address, country)
  return phone ? { recipient: { ...named, phone } } : { recipient: { text: entry }, wrong }
}

export const parse = (text: string, country = ''): Recipient[] => split(text).map((entry) => read(entry, country).recipient)

export const isGood = (r: Recipient): boolean => !!(r.email || r.phone)
export const good = (list: Recipient[]): Recipient[] => list.filter(isGood)

/** What is wrong with one that could not be read; undefined: nothing that is seen here. */
export const mistake = (r: Recipient, country = ''): Key | undefined => (isGood(r) ? undefined : read(r.text ?? '', country).wrong)

/** By what it is told that two are the same. */
export const addresses = (r: Recipient): string[] => [r.email?.toLowerCase(), r.phone].filter((a): a is string => !!a)

/** The list with others at its end, each address once. */
export function joined(list: Recipient[], more: Recipient[]): Recipient[] {
  const all = [...list]
  for (const r of more) {
    const own = isGood(r) ? addresses(r) : [r.text ?? '']
    const there = all.some((o) => (isGood(o) ? addresses(o) : [o.text]).some((a) => own.includes(a ?? '')))
    if (!there) all.push(r)
  }
  return all
}
