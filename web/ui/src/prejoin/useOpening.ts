// Waits until a meeting opens: counts by the gateway's clock, asks it again from time to
// time, and at once when somebody comes back to the page.
import { signal, type ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { page, type Link } from '../page.ts'
import { nextAsk } from './opening.ts'

interface Opening {
  /** Milliseconds until it opens, each second anew. */
  left: ReadonlySignal<number>
  link: ReadonlySignal<Link>
}

const longestTimer = 2 ** 31 - 1

export function useOpening(first: Link, onOpen: (link: Link) => void): Opening {
  const link = useMemo(() => signal(first), [])
  const left = useMemo(() => signal(until(first, 0)), [])
  useEffect(() => {
    let ahead = 0 // the gateway's clock is ahead of ours
    let tries = 0
    let timer = 0
    let gone = false

    const again = (wait: number) => {
      clearTimeout(timer)
      if (!gone) timer = window.setTimeout(() => void ask(), Math.min(wait, longestTimer))
    }
    async function ask(): Promise<void> {
      const answer = await fetch(`/api/v1/links/${encodeURIComponent(first.token)}`).catch(() => undefined)
      if (gone) return
      const date = Date.parse(answer?.headers.get('date') ?? '')
      if (!Number.isNaN(date)) ahead = Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now() // it counts whole seconds
      if (answer?.ok) {
        const now: Link = { ...((await answer.json()) as Omit<Link, 'token'>), token: first.token }
        if (gone) return
        if (now.state !== 'early') return onOpen(now)
        link.value = now
      } else if (answer?.status === 404 || answer?.status === 410) {
        return location.reload() // the gateway has a page of its own for that
      }
      const ms = (left.value = until(link.value, ahead))
      const asked = Number(answer?.headers.get('retry-after')) * 1000 || 0
      again(Math.max(asked, nextAsk(ms, ms > 0 ? (tries = 0) : tries++)))
    }
    const tick = setInterval(() => (left.value = until(link.value, ahead)), 1000)
    const seen = () => document.visibilityState === 'visible' && again(0)
    document.addEventListener('visibilitychange', seen)
    void ask()
    return () => {
      gone = true
      clearTimeout(timer)
      clearInterval(tick)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [])
  return { left, link }
}

const until = (link: Link, ahead: number): number => Date.parse(link.opens_at ?? '') - Date.now() - ahead

/** Tells the host that an invitation was opened: the page does, not whoever fetches it to look for viruses. */
export function sayOpened(token: string): void {
  const say = () => void fetch(`/api/v1/links/${encodeURIComponent(token)}/opened`, { method: 'POST', keepalive: true }).catch(() => undefined)
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener('prerenderingchange', say, { once: true })
  else say()
}

/** Who may open it at any time. */
export const mayBeHost = (): boolean => !!page.user
