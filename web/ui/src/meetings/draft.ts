// What the form holds, and what of it the gateway is sent.
import { once, repeatOf, ruleOf, type Repeat } from './repeat.ts'
import type { Meeting, Settings } from './types.ts'
import { localTime } from './zone.ts'

export interface Draft {
  title: string
  date: string // "2026-11-30"
  time: string // "14:00"
  zone: string
  duration: number // minutes
  repeat: Repeat
  pin: string
  host_pin: string // empty in a new one: the gateway makes one
  note: string
  lobby: boolean
  wait_for_host: boolean
  mute_on_entry: boolean
  guest_invites: boolean
  personal_pins: boolean
  names: string
  language: string
  max_participants: number
  join_early_min: number
  grace_min: number
  /** undefined: those the gateway has for all. */
  reminders: number[] | undefined
}

const hour = 3600_000

/** Of a room of which nothing is said. */
export const usualCapacity = 50

/** Title and time are all that is left to say: the next full hour that is half an hour away. */
export function newDraft(zone: string, now: number, pin: string, usual: { join_early_min?: number; grace_min?: number } = {}): Draft {
  const start = localTime(zone, Math.ceil((now + hour / 2) / hour) * hour)
  return {
    title: '', date: start.slice(0, 10), time: `${start.slice(11, 13)}:00`, zone, duration: 60, repeat: once, pin, host_pin: '', note: '',
    lobby: false, wait_for_host: false, mute_on_entry: false, guest_invites: false, personal_pins: false,
    names: 'ask', language: '', max_participants: usualCapacity, join_early_min: usual.join_early_min ?? 10, grace_min: usual.grace_min ?? 30, reminders: undefined,
  }
}

/** In another zone the hour stays what it was set to; one that nobody has set is that zone's next. */
export function inZone(d: Draft, zone: string, now: number): Partial<Draft> {
  const before = newDraft(d.zone, now, '')
  const after = newDraft(zone, now, '')
  return before.date === d.date && before.time === d.time ? { zone, date: after.date, time: after.time } : { zone }
}

export function draftOf(m: Meeting): Draft {
  const [date = '', time = ''] = m.start.split('T')
  const { title, zone, pin, host_pin, note, lobby, wait_for_host, mute_on_entry, guest_invites, personal_pins, names, language } = m
  const { max_participants, join_early_min, grace_min } = m
  return {
    title, zone, pin, host_pin, note, lobby, wait_for_host, mute_on_entry, guest_invites, personal_pins, names, language, max_participants, join_early_min, grace_min,
    date, time: time.slice(0, 5), duration: m.duration_min, repeat: repeatOf(m.repeat, date, m.zone), reminders: m.reminders_min,
  }
}

export function settingsOf(d: Draft): Settings {
  const { title, zone, pin, host_pin, note, lobby, wait_for_host, mute_on_entry, guest_invites, personal_pins, names, language } = d
  const { max_participants, join_early_min, grace_min } = d
  return {
    title: title.trim(), zone, note: note.trim(), lobby, wait_for_host, mute_on_entry, guest_invites, personal_pins, names, language,
    max_participants, join_early_min, grace_min, pin,
    start: d.date && d.time ? `${d.date}T${d.time}` : '',
    duration_min: d.duration,
    repeat: ruleOf(d.repeat, d.date, d.zone),
    ...(host_pin ? { host_pin } : {}),
    ...(d.reminders ? { reminders_min: d.reminders } : {}),
  }
}

/** Only what was changed is sent: two hosts don't undo each other's work. */
export function changes(before: Settings, after: Settings): Settings {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  return Object.fromEntries(Object.entries(after).filter(([k, v]) => !same(v, before[k as keyof Settings])))
}

/** Six digits, drawn evenly, none of which is easy to guess. */
export function drawPIN(random: () => number = uniform): string {
  for (;;) {
    const digits = Array.from({ length: 6 }, () => Math.floor(random() * 10))
    const steps = new Set(digits.slice(1).map((d, i) => d - (digits[i] ?? 0)))
    if (new Set(digits).size > 2 && steps.size > 1) return digits.join('')
  }
}

const uniform = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32
