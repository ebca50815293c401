// Where a host is: the address is the only truth, so that a page can be bookmarked, sent,
// reloaded and left by the back button. Links are plain links; follow() spares the reload.
import { signal } from '@preact/signals'

export type Route =
  | { page: 'rooms' | 'meetings' | 'new' | 'contacts' }
  | { page: 'meeting' | 'edit'; id: string }
  | AdminRoute

const adminPages = ['trunks', 'calls', 'rooms', 'failures', 'configuration', 'changes'] as const

export interface AdminRoute {
  page: 'admin'
  sub: 'overview' | 'call' | (typeof adminPages)[number]
  id?: string // of a call
}

/** What a path leads to; undefined: not to one of these pages. */
export function parse(path: string): Route | undefined {
  const [first, second, third, ...more] = path.split('/').slice(1)
  if (path === '/' || path === '') return { page: 'rooms' }
  if (first === 'contacts' && !second) return { page: 'contacts' }
  if (first === 'admin') return more.length > 0 ? undefined : adminPage(second, third)
  if (first !== 'meetings' || more.length > 0) return undefined
  if (!second) return { page: 'meetings' }
  if (second === 'new') return third ? undefined : { page: 'new' }
  const id = decoded(second)
  if (id === undefined) return undefined
  if (!third) return { page: 'meeting', id }
  return third === 'edit' ? { page: 'edit', id } : undefined
}

function adminPage(second?: string, third?: string): AdminRoute | undefined {
  if (!second) return { page: 'admin', sub: 'overview' }
  const sub = adminPages.find((p) => p === second)
  if (!sub || !third) return sub && { page: 'admin', sub }
  const id = decoded(third)
  return sub === 'calls' && id !== undefined ? { page: 'admin', sub: 'call', id } : undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

interface Place {
  path: string
  query: string // with its "?", or empty
  /** How many pages were gone to; 0: this one was loaded, and the browser has set the focus. */
  steps: number
}

const here = (steps: number): Place =>
  typeof location === 'undefined' ? { path: '/', query: '', steps } : { path: location.pathname, query: location.search, steps }

export const place = signal<Place>(here(0))

if (typeof window !== 'undefined') window.addEventListener('popstate', () => (place.value = here(place.value.steps + 1)))

/** Goes to another page; instead: the back button skips this one. */
export function go(to: string, instead = false): void {
  if (instead) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  place.value = here(place.value.steps + 1)
  scrollTo(0, 0)
}

/** The page stays, its address is put right: a tab, a search. */
export function readdress(to: string): void {
  history.replaceState(history.state, '', to)
}

export const meetingPath = (id: string): string => `/meetings/${encodeURIComponent(id)}`

/** Whether the browser is to follow a link itself: another window, another site, a file. */
function isOurs(e: MouseEvent, a: HTMLAnchorElement): boolean {
  const plain = e.button === 0 && !e.metaKey && !e.ctrlKey && !e.shiftKey && !e.altKey && !e.defaultPrevented
  return plain && a.origin === location.origin && !a.target && !a.hasAttribute('download') && !a.getAttribute('href')?.startsWith('#')
}

/** For the document's clicks: links between the host's pages load nothing anew. */
export function follow(e: MouseEvent): void {
  const a = e.target instanceof Element ? e.target.closest('a') : null
  if (!a || !isOurs(e, a) || !parse(a.pathname)) return
  e.preventDefault()
  go(a.pathname + a.search)
}
