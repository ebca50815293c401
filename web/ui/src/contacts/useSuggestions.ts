// Who of the address book may be meant while somebody types.
import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { suggest, type Contact } from './api.ts'

const typingPause = 150

/** From two letters on; undefined while it isn't known. */
export function useSuggestions(text: string): Signal<Contact[] | undefined> {
  const found = useSignal<Contact[] | undefined>(undefined)
  useEffect(() => {
    found.value = undefined
    const q = text.trim()
    if ([...q].length < 2) return
    let late = false
    const pause = setTimeout(() => {
      suggest(q).then(
        (list) => !late && (found.value = list),
        () => undefined, // one can type without
      )
    }, typingPause)
    return () => {
      late = true
      clearTimeout(pause)
    }
  }, [text])
  return found
}
