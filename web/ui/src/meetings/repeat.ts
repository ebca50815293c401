// How a meeting repeats: between what a form offers and a rule (RFC 5545 §3.3.10 RECUR).
// A rule that the form cannot show is kept as it is.
import { instant } from './zone.ts'

export const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const
export type Day = (typeof weekdays)[number]

export type Every = 'never' | 'day' | 'workday' | 'week' | 'month' | 'kept'

export interface Repeat {
  every: Every
  interval: number
  days: Day[] // of a week, in its order
  /** Of a month: its date, or its n-th weekday. */
  by: 'date' | 'weekday'
  ends: 'never' | 'on' | 'after'
  until: string // "2026-12-31", the last day
  count: number
  kept: string // a rule that is none of these
}

export const once: Repeat = { every: 'never', interval: 1, days: [], by: 'date', ends: 'never', until: '', count: 10, kept: '' }

const fiveDays = 'MO,TU,WE,TH,FR'
const dateOf = (local: string): Date => new Date(`${local.slice(0, 10)}T00:00:00Z`)

/** The day of the week of a date "2026-11-30". */
export const dayOf = (date: string): Day => weekdays[(dateOf(date).getUTCDay() + 6) % 7] ?? 'MO'

/** Which weekday of its month a date is: 1 to 4, or -1 for the last. */
export function nthOf(date: string): number {
  const n = Math.ceil(dateOf(date).getUTCDate() / 7)
  return n > 4 ? -1 : n
}

export const isLastOfMonth = (date: string): boolean => new Date(dateOf(date).getTime() + 86_400_000).getUTCDate() === 1

/** The last moment of a day in UTC, as UNTIL has it for a meeting with a zone. */
function endOfDay(date: string, zone: string): string {
  const at = instant(`${date}T23:59:59`, zone)
  return Number.isNaN(at) ? '' : `${new Date(at).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`
}

function pattern(r: Repeat, date: string): string {
  switch (r.every) {
    case 'day':
      return 'FREQ=DAILY'
    case 'workday':
      return `FREQ=WEEKLY;BYDAY=${fiveDays}`
    case 'week': {
      const days = weekdays.filter((d) => r.days.includes(d))
      return `FREQ=WEEKLY;BYDAY=${(days.length > 0 ? days : [dayOf(date)]).join(',')}`
    }
    default:
      if (r.by === 'weekday') return `FREQ=MONTHLY;BYDAY=${nthOf(date)}${dayOf(date)}`
      return `FREQ=MONTHLY;BYMONTHDAY=${isLastOfMonth(date) ? -1 : dateOf(date).getUTCDate()}`
  }
}

/** The rule of what the form says; the first occurrence is on date, in zone. */
export function ruleOf(r: Repeat, date: string, zone: string): string {
  if (r.every === 'never') return ''
  if (r.every === 'kept') return r.kept
  const parts = [pattern(r, date)]
  if (r.interval > 1 && r.every !== 'workday') parts.push(`INTERVAL=${r.interval}`)
  if (r.ends === 'after') parts.push(`COUNT=${r.count}`)
  if (r.ends === 'on') parts.push(`UNTIL=${endOfDay(r.until, zone)}`)
  return parts.join(';')
}

/** The day of UNTIL, by the calendar of the zone. */
function untilDay(value: string, zone: string): string {
  const [, y, m, d, time, utc] = /^(\d{4})(\d\d)(\d\d)(?:T(\d{6})(Z)?)?$/.exec(value) ?? []
  if (!y) return ''
  if (!time || !utc) return `${y}-${m}-${d}`
  const at = Date.parse(`${y}-${m}-${d}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`)
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
}

/** What the form shows of a rule; the first occurrence is on date, in zone. */
export function repeatOf(rule: string, date: string, zone: string): Repeat {
  if (!rule) return once
  const kept: Repeat = { ...once, every: 'kept', kept: rule }
  const parts = new Map(rule.toUpperCase().split(';').map((p): [string, string] => [p.split('=')[0] ?? '', p.split('=')[1] ?? '']))
  const day = parts.get('BYDAY') ?? ''
  const r: Repeat = { ...once, interval: Number(parts.get('INTERVAL') ?? 1) }
  if (parts.has('COUNT')) Object.assign(r, { ends: 'after', count: Number(parts.get('COUNT')) })
  if (parts.has('UNTIL')) Object.assign(r, { ends: 'on', until: untilDay(parts.get('UNTIL') ?? '', zone) })
  for (const known of ['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST']) {
    if (known !== 'FREQ') parts.delete(known)
  }
  const freq = parts.get('FREQ')
  parts.delete('FREQ')
  const rest = [...parts.keys()].join()
  if (freq === 'DAILY' && rest === '') return { ...r, every: 'day' }
  if (freq === 'WEEKLY' && rest === 'BYDAY' && day === fiveDays && r.interval === 1) return { ...r, every: 'workday' }
  if (freq === 'WEEKLY' && (rest === '' || rest === 'BYDAY')) {
    const days = day ? day.split(',') : [dayOf(date)]
    return days.every((d) => (weekdays as readonly string[]).includes(d)) ? { ...r, every: 'week', days: days as Day[] } : kept
  }
  if (freq !== 'MONTHLY') return kept
  const monthDay = Number(parts.get('BYMONTHDAY') ?? dateOf(date).getUTCDate())
  const onDate = monthDay === dateOf(date).getUTCDate() || (monthDay === -1 && isLastOfMonth(date))
  if ((rest === '' || rest === 'BYMONTHDAY') && onDate) return { ...r, every: 'month', by: 'date' }
  const position = Number(/^-?\d/.exec(day) ? Number.parseInt(day, 10) : 0)
  if (rest === 'BYDAY' && position === nthOf(date) && day.endsWith(dayOf(date))) return { ...r, every: 'month', by: 'weekday' }
  return kept
}

const plusDays = (date: string, days: number): string => new Date(dateOf(date).getTime() + days * 86_400_000).toISOString().slice(0, 10)

/** The first day from date on that the rule has: a series begins on one of its own days. */
export function firstDay(r: Repeat, date: string): string {
  const days: readonly Day[] = r.every === 'workday' ? weekdays.slice(0, 5) : r.every === 'week' ? r.days : []
  if (days.length === 0 || Number.isNaN(dateOf(date).getTime())) return date
  const ahead = [0, 1, 2, 3, 4, 5, 6].find((n) => days.includes(dayOf(plusDays(date, n))))
  return plusDays(date, ahead ?? 0)
}

/** The rule when the first day is moved: one that is held on that day of the week moves along. */
export function moved(r: Repeat, from: string, to: string): Repeat {
  if (r.every !== 'week' || Number.isNaN(dateOf(to).getTime()) || r.days.includes(dayOf(to))) return r
  return { ...r, days: [...r.days.filter((d) => d !== dayOf(from)), dayOf(to)] }
}
