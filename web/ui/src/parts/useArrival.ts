import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** The focus goes to where a new screen begins, or screen readers stay on the old one. */
export function useArrival<T extends HTMLElement>(screen: unknown = true): RefObject<T | null> {
  const start = useRef<T>(null)
  useEffect(() => start.current?.focus({ preventScroll: true }), [screen])
  return start
}
