// What the server knew when it rendered the page: the JSON in <script id="page">.
import type { Ways } from './signal/types.ts'

export interface User {
  id: string
  email: string
  name: string
}

export interface Link {
  token: string
  title: string
  names: 'ask' | 'guest'
  state: string
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
}

export function readPage(text: string | null | undefined): Page {
  const empty: Page = { lang: 'en', languages: ['en'], messages: {}, page: 'guest' }
  if (!text) return empty
  return { ...empty, ...(JSON.parse(text) as Partial<Page>) }
}

export const page: Page = readPage(
  typeof document === 'undefined' ? null : document.getElementById('page')?.textContent,
)
