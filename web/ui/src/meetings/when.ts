// When a meeting is, in words: in the reader's own zone, with the meeting's beside it
// where they differ.
import { instant, localTime, offset, offsetName, ownZone } from './zone.ts'

const upper = (s: string, lang: string): string => s.charAt(0).toLocaleUpperCase(lang) + s.slice(1)

/** Days between two instants by the calendar of a zone. */
export function daysApart(from: number, to: number, zone: string): number {
  const midnight = (at: number) => Date.parse(`${localTime(zone, at).slice(0, 10)}T00:00:00Z`)
  return Math.round((midnight(to) - midnight(from)) / (24 * 3600 * 1000))
}

/** "Today", "Tomorrow", "Mon 30 Nov", with the year if it is another one. */
export function dayText(at: number, zone: string, lang: string, now: number): string {
  const days = daysApart(now, at, zone)
  if (Math.abs(days) <= 1) return upper(new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(days, 'day'), lang)
  const year = localTime(zone, at).slice(0, 4) !== localTime(zone, now).slice(0, 4)
  return upper(
    new Intl.DateTimeFormat(lang, { timeZone: zone, weekday: 'short', day: 'numeric', month: 'short', year: year ? 'numeric' : undefined }).format(at),
    lang,
  )
}

/** "14:00–15:00"; with days where it ends on another one. */
export function spanText(start: number, end: number, zone: string, lang: string): string {
  const clock = new Intl.DateTimeFormat(lang, { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  if (daysApart(start, end, zone) === 0) return clock.formatRange(start, end)
  const dayToo = new Intl.DateTimeFormat(lang, { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' })
  return `${clock.format(start)} – ${dayToo.format(end)}`
}

/** "Monday, 30 November 2026". */
export function longDay(at: number, zone: string, lang: string): string {
  return upper(new Intl.DateTimeFormat(lang, { timeZone: zone, dateStyle: 'full' }).format(at), lang)
}

/** "Mon 30 Nov, 14:00", with the year if it is another one. */
export function shortMoment(at: number, zone: string, lang: string, now = Date.now()): string {
  const year = localTime(zone, at).slice(0, 4) !== localTime(zone, now).slice(0, 4)
  const parts = { weekday: 'short', day: 'numeric', month: 'short', year: year ? 'numeric' : undefined, hour: '2-digit', minute: '2-digit' } as const
  return upper(new Intl.DateTimeFormat(lang, { timeZone: zone, ...parts }).format(at), lang)
}

/** "Europe/Zurich, UTC+1" at an instant. */
export const zoneText = (zone: string, at: number): string => {
  const name = offsetName(offset(zone, at))
  return name === zone ? zone : `${zone}, ${name}`
}

/** Whether clocks in two zones show the same at an instant. */
export const sameClock = (a: string, b: string, at: number): boolean => offset(a, at) === offset(b, at)

interface Timed {
  start: string
  zone: string
  duration_min: number
  next?: { start: string; end: string }
}

/** From when to when: the occurrence that runs or comes, else the first. */
export function timesOf(m: Timed): { start: number; end: number } {
  if (m.next) return { start: Date.parse(m.next.start), end: Date.parse(m.next.end) }
  const start = instant(m.start, m.zone)
  return { start, end: start + m.duration_min * 60_000 }
}

export interface WhenWords {
  main: string // in the reader's zone
  there: string // in the meeting's, if its clock shows another time; else empty
}

export function whenText(m: Timed, lang: string, now: number, zone = ownZone()): WhenWords {
  const { start, end } = timesOf(m)
  const said = (z: string) => `${dayText(start, z, lang, now)}, ${spanText(start, end, z, lang)}`
  return { main: said(zone), there: sameClock(zone, m.zone, start) ? '' : `${said(m.zone)} (${zoneText(m.zone, start)})` }
}

/** "3 minutes ago", "in 2 hours". */
export function ago(at: number, lang: string, now: number): string {
  const format = new Intl.RelativeTimeFormat(lang, { numeric: 'auto', style: 'long' })
  const seconds = Math.round((at - now) / 1000)
  const units: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3600], ['minute', 60]]
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  return format.format(0, 'second')
}

/** "45 min", "1 hr 30 min". */
export function durationText(minutes: number, lang: string): string {
  const unit = (n: number, u: 'day' | 'hour' | 'minute') => new Intl.NumberFormat(lang, { style: 'unit', unit: u, unitDisplay: u === 'day' ? 'long' : 'short' }).format(n)
  if (minutes > 0 && minutes % 1440 === 0) return unit(minutes / 1440, 'day')
  const h = Math.floor(minutes / 60)
  return [h > 0 && unit(h, 'hour'), (minutes % 60 > 0 || h === 0) && unit(minutes % 60, 'minute')].filter(Boolean).join(' ')
}
