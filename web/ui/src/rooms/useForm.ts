// Sends what a form holds and keeps what the gateway says about it.
import { useSignal, type Signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useRef } from 'preact/hooks'
import { Problem } from '../api.ts'
import { failed } from './session.ts'

interface Form<T> {
  form: RefObject<HTMLFormElement | null>
  draft: Signal<T>
  errors: Signal<Record<string, string>>
  error: Signal<string>
  busy: Signal<boolean>
  submit(e: Event): Promise<void>
}

export function useForm<T>(first: T, send: (draft: T) => Promise<void>): Form<T> {
  const draft = useSignal(first)
  const errors = useSignal<Record<string, string>>({})
  const error = useSignal('')
  const busy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)

  async function submit(e: Event) {
    e.preventDefault()
    if (busy.value) return // a second press makes no second one
    busy.value = true
    error.value = ''
    errors.value = {}
    try {
      await send(draft.value)
    } catch (failure) {
      const fields = failure instanceof Problem ? failure.fields : {}
      errors.value = fields
      if (Object.keys(fields).length === 0) error.value = failed(failure)
      setTimeout(() => toFirstMistake(form.current))
    }
    busy.value = false
  }
  return { form, draft, errors, error, busy, submit }
}

/** The focus goes to the first field that is wrong, which may be in a part that is folded away. */
export function toFirstMistake(form: HTMLElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid]')
  const fold = field?.closest('details')
  if (fold) fold.open = true
  field?.focus({ preventScroll: true })
  field?.scrollIntoView({ block: 'center' }) // with its label and its error
}
