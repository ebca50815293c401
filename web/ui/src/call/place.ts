// One's place in a call, kept in this tab only, for a reload.
import type { Target } from '../signal/types.ts'

interface Place {
  name: string
  resume: string
}

const key = (target: Target): string => `place:${target.link ?? target.room ?? 'test'}`

export function keepPlace(target: Target, resume: string, name?: string): void {
  try {
    if (!resume) return sessionStorage.removeItem(key(target))
    const known = name ?? keptPlace(target)?.name ?? ''
    sessionStorage.setItem(key(target), JSON.stringify({ name: known, resume }))
  } catch {
    // Without storage a reload comes in anew.
  }
}

export function keptPlace(target: Target): Place | undefined {
  try {
    const kept = sessionStorage.getItem(key(target))
    return kept ? (JSON.parse(kept) as Place) : undefined
  } catch {
    return undefined
  }
}
