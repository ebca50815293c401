import { useEffect, useState } from 'preact/hooks'

/** Whether the console fits beside the call. */
export function useWide(): boolean {
  const query = '(min-width: 64rem)'
  const [wide, setWide] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const changed = () => setWide(list.matches)
    list.addEventListener('change', changed)
    return () => list.removeEventListener('change', changed)
  }, [])
  return wide
}

/** True once waiting has lasted longer than a connection takes. */
export function useSlow(waiting: boolean, after = 8000): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    setSlow(false)
    if (!waiting) return
    const timer = setTimeout(setSlow, after, true)
    return () => clearTimeout(timer)
  }, [waiting])
  return slow && waiting
}
