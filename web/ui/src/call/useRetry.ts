// Tries by itself to come in where that may help soon: the service is too busy, or is being
// restarted. Slower each time, and not in step with everybody else.
import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { announce } from '../parts/news.tsx'
import type { Call } from '../signal/call.ts'

const steps = [5, 10, 20, 40, 60] // seconds
const most = 20

const passing = new Set(['busy', 'limit', 'draining'])

/** Seconds until the next try; undefined: there is none. */
export function retryIn(cause: string, wait: number, tries: number, random: () => number = Math.random): number | undefined {
  if (!passing.has(cause) || tries >= most) return undefined
  const base = steps[Math.min(tries, steps.length - 1)] ?? 60
  return Math.ceil(Math.max(wait, base * (0.75 + random() / 2)))
}

/** Seconds until it is tried again, for the eye; undefined once nothing more happens by itself. */
export function useRetry(call: Call, tries: { current: number }, again: () => void): Signal<number | undefined> {
  const left = useSignal<number | undefined>(undefined)
  const latest = useRef(again)
  latest.current = again
  const ended = call.ended
  useEffect(() => {
    left.value = ended ? retryIn(ended.cause, ended.wait ?? 0, tries.current) : undefined
    if (left.value === undefined) return
    announce(t('ui.retry.said'))
    const tick = setInterval(() => {
      if (left.value === undefined) return clearInterval(tick) // somebody has stopped it
      left.value--
      if (left.value > 0) return
      clearInterval(tick)
      tries.current++
      latest.current()
    }, 1000)
    return () => clearInterval(tick)
  }, [])
  return left
}
