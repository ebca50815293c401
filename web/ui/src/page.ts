// What the server knew when it rendered the page: the JSON in <script id="page">.
import type { Ways } from './signal/types.ts'

export interface User {
  id: string
  email: string
  name: string
  admin?: boolean // the admin page is open to them
}

/** What a guest link leads to. Times are RFC 3339, with the offset of the meeting's zone. */
export interface Link {
  token: string
  title: string
  names: 'ask' | 'guest'
  state: 'open' | 'early'
  name?: string // of whom the link was made for
  starts_at?: string
  ends_at?: string
  opens_at?: string // only if it is early
  zone?: string // IANA
}

export type Message = string | { one?: string; other: string }

export interface Page {
  lang: string
  languages: string[]
  messages: Record<string, Message>
  page: 'guest' | 'host' | 'test'
  link?: Link | null
  ways?: Ways | null
  user?: User | null
  version?: string
  room?: string // of a host's page /rooms/ID
  can_mail?: boolean // invitations can be sent from here
  can_sms?: boolean
  country?: string // ISO 3166 of local telephone numbers
  // How meetings are if nothing else is said, in minutes.
  reminders_min?: number[]
  join_early_min?: number
  grace_min?: number
}

export function readPage(text: string | null | undefined): Page {
  const empty: Page = { lang: 'en', languages: ['en'], messages: {}, page: 'guest' }
  if (!text) return empty
  return { ...empty, ...(JSON.parse(text) as Partial<Page>) }
}

export const page: Page = readPage(
  typeof document === 'undefined' ? null : document.getElementById('page')?.textContent,
)
