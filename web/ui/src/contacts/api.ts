// The routes of the address book.
import { ask, Problem } from '../api.ts'

export interface Contact {
  id: string
  name: string
  email: string
  phone: string // E.164
  company: string
  note: string
  language: string
  used?: string
}

export type ContactFields = Partial<Omit<Contact, 'id' | 'used'>>

export interface BadLine {
  line: number
  entry: string
  code: 'empty' | 'email' | 'phone' | 'country' | 'long' | 'syntax' | 'other'
  kept: boolean // the rest of the entry was taken
  message: string
}

export interface Imported {
  added: number
  changed: number
  skipped: number
  bad: BadLine[]
  bad_count: number
}

export interface Book {
  contacts: Contact[]
  cursor?: string
}

export const listContacts = (q: string, cursor = ''): Promise<Book> => ask('GET', `/contacts?${new URLSearchParams({ q, cursor })}`)
export const suggest = (q: string): Promise<Contact[]> =>
  ask<Book>('GET', `/contacts?${new URLSearchParams({ q, recent: 'true', limit: '8' })}`).then((b) => b.contacts)
export const addContact = (c: ContactFields): Promise<Contact> => ask('POST', '/contacts', c)
export const changeContact = (id: string, c: ContactFields): Promise<Contact> => ask('PATCH', `/contacts/${encodeURIComponent(id)}`, c)
export const removeContact = (id: string): Promise<void> => ask('DELETE', `/contacts/${encodeURIComponent(id)}`)
export const exportPath = (kind: 'vcf' | 'csv'): string => `/api/v1/contacts/export.${kind}`

/** The gateway takes no larger file. */
export const largestFile = 10 * 1024 * 1024

export async function importContacts(file: File): Promise<Imported> {
  let answer: Response
  try {
    answer = await fetch('/api/v1/contacts/import', { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: file })
  } catch {
    throw new Problem(0, '')
  }
  const body = (await answer.json().catch(() => ({}))) as Imported & { detail?: string }
  if (!answer.ok) throw new Problem(answer.status, body.detail ?? '', {}, Number(answer.headers.get('retry-after')) || 0)
  return body
}
