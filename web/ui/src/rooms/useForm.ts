// Sends a room's settings and keeps what the gateway says about them.
import { useSignal, type Signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useRef } from 'preact/hooks'
import { Problem, type RoomChange } from '../api.ts'
import { problemText } from '../parts/problem.ts'

interface Form {
  form: RefObject<HTMLFormElement | null>
  room: Signal<RoomChange>
  errors: Signal<Record<string, string>>
  error: Signal<string>
  busy: Signal<boolean>
  submit(e: Event): Promise<void>
}

export function useForm(first: RoomChange, send: (room: RoomChange) => Promise<void>): Form {
  const room = useSignal(first)
  const errors = useSignal<Record<string, string>>({})
  const error = useSignal('')
  const busy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)

  async function submit(e: Event) {
    e.preventDefault()
    if (busy.value) return // a second press makes no second room
    busy.value = true
    error.value = ''
    errors.value = {}
    try {
      await send(room.value)
    } catch (failure) {
      const fields = failure instanceof Problem ? failure.fields : {}
      errors.value = fields
      if (Object.keys(fields).length === 0) error.value = problemText(failure)
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
    }
    busy.value = false
  }
  return { form, room, errors, error, busy, submit }
}
