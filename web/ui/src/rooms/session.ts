// Who is signed in. Pages stay as they are while somebody signs in again: what was typed
// into a form is not lost because a night lay between.
import { signal } from '@preact/signals'
import { Problem, signOut } from '../api.ts'
import { page, type User } from '../page.ts'
import { problemText } from '../parts/problem.ts'

/** undefined: nobody; the sign-in is shown. */
export const user = signal<User | undefined>(page.user ?? undefined)

/** Whose pages are there, seen or behind the sign-in. */
export const owner = signal<User | undefined>(user.value)

export function signedIn(who: User): void {
  owner.value = user.value = who
}

export function signedOut(): void {
  user.value = undefined
}

export async function leave(): Promise<void> {
  await signOut().catch(() => undefined)
  owner.value = user.value = undefined
}

/** What to tell about a failure; a session that is over leads to the sign-in. */
export function failed(e: unknown): string {
  if (e instanceof Problem && e.status === 401) signedOut()
  return problemText(e)
}
