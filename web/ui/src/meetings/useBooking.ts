// From a form to a meeting: what it would be, then the meeting, once.
import { batch, useSignal, type Signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { byField, Problem } from '../api.ts'
import { page } from '../page.ts'
import { failed } from '../rooms/session.ts'
import { addMeeting, previewMeeting } from './api.ts'
import { drawPIN, newDraft, settingsOf, type Draft } from './draft.ts'
import { hints } from './MeetingForm.tsx'
import type { Meeting, Preview } from './types.ts'
import { ownZone } from './zone.ts'

interface Booking {
  draft: Signal<Draft>
  errors: Signal<Record<string, string>>
  error: Signal<string>
  busy: Signal<boolean>
  /** What the form as it is would make; undefined when it was changed since. */
  preview(): Preview | undefined
  /** Asks what the meeting would be; false: something is wrong, and errors say what. */
  look(): Promise<boolean>
  confirm(): Promise<Meeting | undefined>
}

/** Names the form, so that however often it is sent, it makes one meeting. */
const requestId = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('')

export function useBooking(): Booking {
  const first = useMemo(() => newDraft(ownZone(), Date.now(), drawPIN(), page), [])
  const id = useMemo(requestId, [])
  const draft = useSignal(first)
  const errors = useSignal<Record<string, string>>({})
  const error = useSignal('')
  const busy = useSignal(false)
  const seen = useSignal<{ of: Draft; preview: Preview } | undefined>(undefined)

  async function trying<T>(act: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    error.value = ''
    try {
      return await act()
    } catch (e) {
      const fields = e instanceof Problem ? e.fields : {}
      batch(() => {
        errors.value = { ...fields, ...errors.value }
        if (Object.keys(fields).length === 0) error.value = failed(e)
      })
      return undefined
    } finally {
      busy.value = false
    }
  }

  async function look(): Promise<boolean> {
    errors.value = hints(draft.value)
    const of = draft.value
    const preview = await trying(() => previewMeeting(settingsOf(of), of.language || page.lang))
    if (!preview) return false
    seen.value = { of, preview }
    errors.value = { ...byField(preview.errors), ...errors.value }
    return Object.keys(errors.value).length === 0
  }

  return {
    draft,
    errors,
    error,
    busy,
    preview: () => (seen.value?.of === draft.value ? seen.value.preview : undefined),
    look,
    confirm: () => trying(() => addMeeting(settingsOf(draft.value), id)),
  }
}
