// Times and lengths of time, in the reader's language.
import { region } from '../i18n.ts'
import { page } from '../page.ts'

const unit = (value: number, name: 'day' | 'hour' | 'minute' | 'second'): string =>
  new Intl.NumberFormat(page.lang, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value)

/** The two largest units: "3 days, 4 hr". */
export function lasting(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  if (s >= 86_400) return `${unit(Math.floor(s / 86_400), 'day')} ${unit(Math.floor((s % 86_400) / 3600), 'hour')}`
  if (s >= 3600) return `${unit(Math.floor(s / 3600), 'hour')} ${unit(Math.floor((s % 3600) / 60), 'minute')}`
  return s >= 60 ? unit(Math.floor(s / 60), 'minute') : unit(s, 'second')
}

/** As on a telephone: "4:05", "1:02:33". */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  const two = (n: number) => String(n).padStart(2, '0')
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`
}

/** "14:02:31" today, with the date on other days. */
export function moment(at: string, now = new Date()): string {
  const then = new Date(at)
  const today = then.toDateString() === now.toDateString()
  return new Intl.DateTimeFormat(region, { dateStyle: today ? undefined : 'medium', timeStyle: 'medium' }).format(then)
}

/** "30 Nov 2026". */
export const day = (at: string): string => new Intl.DateTimeFormat(region, { dateStyle: 'medium' }).format(new Date(at))

/** Days from now; less than 0: it is over. */
export const daysTo = (at: string, now = Date.now()): number => Math.floor((Date.parse(at) - now) / 86_400_000)
