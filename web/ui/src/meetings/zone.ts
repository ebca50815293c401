// Time zones by what the browser knows of them. A local time is "2026-11-30T14:00" and
// means nothing without its zone; an instant is milliseconds since 1970.

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a format is slow, and a list of zones needs hundreds. */
function format(zone: string): Intl.DateTimeFormat {
  let f = formats.get(zone)
  if (!f) {
    f = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    })
    formats.set(zone, f)
  }
  return f
}

const two = (n: number): string => String(n).padStart(2, '0')

/** The wall clock of a zone at an instant, as if it were UTC's. */
function wall(zone: string, at: number): number {
  const p: Record<string, number> = {}
  for (const { type, value } of format(zone).formatToParts(at)) p[type] = Number(value)
  return Date.UTC(p.year ?? 0, (p.month ?? 1) - 1, p.day, p.hour, p.minute, p.second)
}

/** Minutes that a zone is ahead of UTC at an instant. */
export function offset(zone: string, at: number): number {
  const second = Math.floor(at / 1000) * 1000
  return Math.round((wall(zone, second) - second) / 60_000)
}

export function localTime(zone: string, at: number): string {
  return new Date(wall(zone, at)).toISOString().slice(0, 16)
}

const day = 24 * 3600 * 1000

/**
 * The instant of a local time. One that is skipped when clocks go forward is counted with the offset
 * before; one that comes twice is the first (RFC 5545 §3.3.5).
 */
export function instant(local: string, zone: string): number {
  const asUTC = Date.parse(`${local.length === 16 ? `${local}:00` : local}Z`)
  if (Number.isNaN(asUTC)) return Number.NaN
  const before = asUTC - offset(zone, asUTC - day) * 60_000
  const after = asUTC - offset(zone, asUTC + day) * 60_000
  if (wall(zone, before) === asUTC || wall(zone, after) !== asUTC) return before
  return after
}

/** "UTC+1", "UTC−3:30", "UTC". */
export function offsetName(minutes: number): string {
  if (minutes === 0) return 'UTC'
  const m = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(m / 60)}${m % 60 ? `:${two(m % 60)}` : ''}`
}

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone !== ''
  } catch {
    return false
  }
}

/** All zones; the browser's own is among them. */
export function allZones(): string[] {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : []
  return [...new Set(['UTC', ownZone(), ...known])].sort()
}

/** "Europe/Zurich" as people read it: "Zurich". */
export const cityOf = (zone: string): string => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ')

const plain = (s: string): string =>
  s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[_/]+/g, ' ').replaceAll('−', '-')

export interface ZoneRow {
  zone: string
  offset: string
  name: string // in the language: "Central European Standard Time"
}

/** What a list of zones shows at an instant. */
export function zoneRows(zones: string[], at: number, lang: string): ZoneRow[] {
  return zones.map((zone) => {
    const parts = new Intl.DateTimeFormat(lang, { timeZone: zone, timeZoneName: 'longGeneric' }).formatToParts(at)
    return { zone, offset: offsetName(offset(zone, at)), name: parts.find((p) => p.type === 'timeZoneName')?.value ?? '' }
  })
}

/** The rows that have every word of the search; what begins with it comes first. */
export function searchZones(rows: ZoneRow[], search: string): ZoneRow[] {
  const words = plain(search).trim().split(/\s+/).filter(Boolean)
  if (words.length === 0) return rows
  const first = words[0] ?? ''
  return rows
    .filter((r) => {
      const text = plain(`${r.zone} ${r.offset} ${r.name}`)
      return words.every((w) => text.includes(w))
    })
    .sort((a, b) => Number(plain(cityOf(b.zone)).startsWith(first)) - Number(plain(cityOf(a.zone)).startsWith(first)))
}
