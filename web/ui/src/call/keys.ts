// Keys of the call: M mutes, H raises the hand, Space held down talks. Single keys can be
// switched off (WCAG 2.1.4), and none is taken from a field that is being typed in.
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Session } from '../signal/session.ts'
import { recall, remember } from '../stored.ts'

export const shortcuts = signal(recall('shortcuts') !== 'off')

export function setShortcuts(on: boolean): void {
  shortcuts.value = on
  remember('shortcuts', on ? '' : 'off')
}

/** Shorter than this is a press, which stays; longer is held, which ends with the key. */
const heldAfter = 300

const typing = 'input, textarea, select, [contenteditable]'
const pressable = `${typing}, button, a, summary, [role="button"], [tabindex]:not([tabindex="-1"])`

export function useKeys(session: Session): void {
  useEffect(() => {
    let downAt = 0 // when Space went down and opened the microphone

    const down = (e: KeyboardEvent) => {
      const on = e.target instanceof Element ? e.target : document.body
      const call = session.call.value
      if (!shortcuts.value || call.phase !== 'room' || e.ctrlKey || e.metaKey || e.altKey || on.closest(typing)) return
      if (document.querySelector('dialog[open]')) return
      if (e.code === 'Space') {
        const mute = on.closest('[data-mute]')
        if (!mute && on.closest(pressable)) return
        if (mute && !call.muted && !downAt) return // the button's own press: it mutes
        e.preventDefault()
        if (e.repeat || !call.muted || downAt) return
        downAt = e.timeStamp
        session.mute(false)
        return
      }
      if (e.repeat || e.shiftKey) return
      if (e.key === 'm' || e.key === 'M') session.mute(!call.muted)
      if (e.key === 'h' || e.key === 'H') session.hand(!call.people.get(call.you)?.hand)
    }

    const up = (e: KeyboardEvent) => {
      if (e.code !== 'Space') return
      const mute = e.target instanceof Element && e.target.closest('[data-mute]')
      if (!downAt) return
      if (mute) e.preventDefault() // no second press
      const held = e.timeStamp - downAt > heldAfter
      downAt = 0
      if (held || !mute) session.mute(true)
    }

    // Away from the page the key's end is never seen: don't leave the microphone open.
    const away = () => {
      if (!downAt) return
      downAt = 0
      session.mute(true)
    }

    addEventListener('keydown', down)
    addEventListener('keyup', up)
    addEventListener('blur', away)
    return () => {
      removeEventListener('keydown', down)
      removeEventListener('keyup', up)
      removeEventListener('blur', away)
    }
  }, [session])
}
