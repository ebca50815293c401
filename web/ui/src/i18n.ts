// Words in the guest's language. The messages come with the page, in go-i18n's format:
// a text, or an object of plural forms; {{.Name}} stands for a value.
import type messages from '../../../locales/en.json'
import { page, type Message } from './page.ts'

export type Key = Extract<keyof typeof messages, `ui.${string}`>
export type Values = Record<string, string | number>

export function fill(text: string, values: Values): string {
  return text.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  )
}

export function choose(message: Message, count: number | undefined, rules: Intl.PluralRules): string {
  if (typeof message === 'string') return message
  return count !== undefined && rules.select(count) === 'one' && message.one ? message.one : message.other
}

/** For dates and times: the page's language as it is written where the reader is. */
export const region: string =
  (typeof navigator === 'undefined' ? undefined : navigator.languages.find((l) => l.split('-')[0] === page.lang && l.includes('-'))) ??
  (page.lang === 'en' ? 'en-GB' : page.lang)

const rules = new Intl.PluralRules(page.lang)

/** The text of key. Count chooses the plural form. */
export function t(key: Key, values: Values = {}): string {
  const message = page.messages[key]
  if (message === undefined) return key
  const count = typeof values.Count === 'number' ? values.Count : undefined
  return fill(choose(message, count, rules), values)
}

/** Names as a list in this language: "Ada, Bo and Cy". */
export function list(names: string[]): string {
  return new Intl.ListFormat(page.lang, { style: 'long', type: 'conjunction' }).format(names)
}

export function percent(share: number): string {
  return new Intl.NumberFormat(page.lang, { style: 'percent', maximumFractionDigits: 1 }).format(share)
}

export function decimal(value: number, digits = 1): string {
  return new Intl.NumberFormat(page.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

/** A language's own name: "Deutsch". */
export function languageName(code: string, inLanguage = code): string {
  const name = new Intl.DisplayNames([inLanguage], { type: 'language' }).of(code) ?? code
  return name.charAt(0).toLocaleUpperCase(inLanguage) + name.slice(1)
}
