// Meetings as the gateway's API has them.
import type { Ways } from '../signal/types.ts'

export type MeetingState = 'scheduled' | 'open' | 'live' | 'ended' | 'completed' | 'cancelled'

export interface Occurrence {
  original: string // "2026-11-30T14:00": local, as the rule has it
  start: string // RFC 3339 with the zone's offset
  end: string
  title?: string
  changed?: boolean
  cancelled?: boolean
}

export interface Meeting {
  id: string // the room's, too
  extension: string
  title: string
  note: string
  start: string // local
  zone: string // IANA
  duration_min: number
  repeat: string // RFC 5545 RECUR; empty: once
  state: MeetingState
  opens?: string
  next?: Occurrence
  occurrences?: Occurrence[] // only of one meeting
  completed?: string
  cancelled?: string
  created: string
  invited?: { invited: number; opened: number; waiting: number; joined: number; left: number }
  pin: string
  host_pin: string
  language: string
  max_participants: number
  lobby: boolean
  wait_for_host: boolean
  mute_on_entry: boolean
  tones: string
  names: string
  guest_invites: boolean
  personal_pins: boolean
  join_early_min: number
  grace_min: number
  reminders_min: number[]
  guest_link: string
  ways: Ways
  live: { count: number; waiting: number; locked: boolean }
}

/** What is said of a meeting when it is made or changed. */
export type Settings = Partial<
  Pick<
    Meeting,
    | 'title' | 'note' | 'start' | 'zone' | 'duration_min' | 'repeat' | 'pin' | 'host_pin' | 'language' | 'max_participants' | 'lobby'
    | 'wait_for_host' | 'mute_on_entry' | 'tones' | 'names' | 'guest_invites' | 'personal_pins' | 'join_early_min' | 'grace_min' | 'reminders_min'
  >
>

export interface OccurrenceChange {
  start?: string
  duration_min?: number
  title?: string
}

export interface MeetingList {
  meetings: Meeting[]
  cursor?: string // left out: that was all
  can_mail: boolean
  can_sms: boolean
}

export interface Delivery {
  channel: 'mail' | 'sms'
  kind: 'invite' | 'change' | 'cancel' | 'reminder'
  state: 'queued' | 'sending' | 'sent' | 'failed' | 'dropped'
  attempts: number
  next?: string
  sent?: string
  error?: string
}

export type Presence = 'invited' | 'opened' | 'waiting' | 'joined' | 'left'

export interface Invitee {
  id: string
  name: string
  email: string
  phone: string
  language: string
  has_pin: boolean
  state: Presence
  since: string
  deliveries: Delivery[] // newest first
}

export interface InviteeList {
  invitees: Invitee[]
  can_mail: boolean
  can_sms: boolean
}

/** Whom to invite: as typed, or read already. */
export interface Invitation {
  text?: string
  people?: { name?: string; email?: string; phone?: string }[]
  language?: string
  country?: string
}

export interface Invited {
  added: Invitee[]
  known: Invitee[]
  bad: { entry: string; code: string; message: string }[]
}

/** The one text, for every channel. */
export interface InvitationText {
  language: string
  subject: string
  text: string
  html: string
  short: string
  sms: { text: string; segments: number; units: number; gsm: boolean }
  mailto: string
  outlook: string
  gmail: string
  ics?: string
}

export interface Preview {
  occurrences: Occurrence[]
  more: boolean
  last?: string
  invitation?: InvitationText
  errors: { location: string; message: string }[]
  warnings: { location: string; message: string }[]
}
