// The gateway's API: JSON, and mistakes as RFC 9457 has them, by field.
import { t, type Key } from './i18n.ts'
import { page, type Page, type User } from './page.ts'
import type { Ways } from './signal/types.ts'

export interface Room {
  id: string
  extension: string
  name: string
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
  guest_link: string
  ways?: Ways
  live: { count: number; waiting: number; locked: boolean }
}

export type RoomChange = Partial<Omit<Room, 'id' | 'extension' | 'guest_link' | 'ways' | 'live'>>

/** What is wrong, and where: "body.start". */
export interface Mistake {
  location?: string
  message?: string
}

/** What the gateway refused, and why; status 0: it wasn't reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly wait = 0, // seconds
    readonly errors: Mistake[] = [],
    readonly code = '', // for programs
  ) {
    super(message)
  }
}

interface ProblemBody {
  code?: string
  title?: string
  detail?: string
  errors?: Mistake[]
}

const inOtherWords: Record<string, Key> = {
  name: 'ui.room.name.wrong',
  pin: 'ui.room.pin.wrong',
  host_pin: 'ui.room.pin.wrong',
  title: 'ui.meetings.wrong.title',
  start: 'ui.meetings.wrong.start',
  zone: 'ui.meetings.wrong.zone',
  duration_min: 'ui.meetings.wrong.duration',
  repeat: 'ui.meetings.wrong.repeat',
  note: 'ui.meetings.wrong.note',
  join_early_min: 'ui.meetings.wrong.minutes',
  grace_min: 'ui.meetings.wrong.minutes',
  reminders_min: 'ui.meetings.wrong.reminders',
  max_participants: 'ui.meetings.wrong.capacity',
}

/** The gateway's words are English; who reads another language gets ours, where there are any. */
function fieldText(field: string, text: string): string {
  const key = inOtherWords[field]
  return key && page.lang !== 'en' ? t(key) : text.charAt(0).toUpperCase() + text.slice(1)
}

/** Mistakes by field: the last part of where they are. */
export function byField(mistakes: Mistake[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const e of mistakes) {
    const field = e.location?.split('.').at(-1)
    if (field) fields[field] ??= fieldText(field, e.message ?? '')
  }
  return fields
}

async function problem(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as ProblemBody
  const errors = body.errors ?? []
  const wait = Number(answer.headers.get('retry-after')) || 0
  return new Problem(answer.status, body.detail ?? body.title ?? '', byField(errors), wait, errors, body.code)
}

export async function ask<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch {
    throw new Problem(0, '')
  }
  if (!answer.ok) throw await problem(answer)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

const at = (id: string): string => `/rooms/${encodeURIComponent(id)}`

export const signIn = (email: string, password: string): Promise<User> =>
  ask<{ user: User } & Partial<Page>>('POST', '/session', { email, password }).then(({ user, reminders_min, join_early_min, grace_min }) => {
    Object.assign(page, { reminders_min, join_early_min, grace_min })
    return user
  })
export const signOut = (): Promise<void> => ask('DELETE', '/session')
export const listRooms = (): Promise<Room[]> => ask<{ rooms: Room[] }>('GET', '/rooms').then((b) => b.rooms)
export const getRoom = (id: string): Promise<Room> => ask('GET', at(id))
export const addRoom = (room: RoomChange): Promise<Room> => ask('POST', '/rooms', room)
export const changeRoom = (id: string, change: RoomChange): Promise<Room> => ask('PATCH', at(id), change)
export const removeRoom = (id: string): Promise<void> => ask('DELETE', at(id))
export const replaceLink = (id: string, removeGuests: boolean): Promise<string> =>
  ask<{ guest_link: string }>('POST', `${at(id)}/link`, { remove_guests: removeGuests }).then((b) => b.guest_link)
