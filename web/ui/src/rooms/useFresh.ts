// Loads something and keeps it fresh while the page is looked at and somebody is signed in.
import { useEffect, useRef } from 'preact/hooks'
import { user } from './session.ts'

/** again() loads at once; load never rejects. */
export function useFresh(load: () => Promise<void>, everyMs: number): { again(): void } {
  const latest = useRef(load)
  latest.current = load
  const run = useRef(() => {})
  const signedIn = !!user.value
  useEffect(() => {
    if (!signedIn) return
    let timer = 0
    let busy = false
    let gone = false
    const next = () => {
      clearTimeout(timer)
      if (!gone && document.visibilityState === 'visible') timer = window.setTimeout(() => void act(), everyMs)
    }
    // One at a time: a slow answer delays the next question.
    const act = async () => {
      if (busy) return
      busy = true
      clearTimeout(timer)
      await latest.current()
      busy = false
      next()
    }
    run.current = () => void act()
    const seen = () => (document.visibilityState === 'visible' ? void act() : clearTimeout(timer))
    document.addEventListener('visibilitychange', seen)
    void act()
    return () => {
      gone = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [signedIn, everyMs])
  return { again: () => run.current() }
}
