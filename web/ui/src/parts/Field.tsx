// A labelled input with its hint and its error: the error is what the field is described by.
import type { ComponentChildren, RefObject } from 'preact'
import { useId } from 'preact/hooks'

interface Props {
  label: string
  value: string
  onInput(value: string): void
  error?: string
  hint?: string
  type?: 'text' | 'email' | 'password' | 'date' | 'time' | 'tel'
  autocomplete?: string
  inputMode?: 'numeric' | 'text' | 'email' | 'tel'
  maxLength?: number
  required?: boolean
  field?: RefObject<HTMLInputElement | null>
  after?: ComponentChildren
  name?: string
  min?: string // of a date
}

export function Field(p: Props) {
  const id = useId()
  const told = p.error || p.hint ? `${id}-told` : undefined
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="text-sm font-semibold">
        {p.label}
      </label>
      <div class="flex gap-2">
        <input
          ref={p.field}
          id={id}
          name={p.name}
          class={`input input-lg ${p.error ? 'input-error' : ''}`}
          type={(p.type ?? 'text') as 'text'}
          value={p.value}
          onInput={(e) => p.onInput(e.currentTarget.value)}
          autocomplete={p.autocomplete ?? 'off'}
          inputMode={p.inputMode}
          maxLength={p.maxLength}
          min={p.min}
          required={p.required}
          aria-invalid={p.error ? true : undefined}
          aria-describedby={told}
        />
        {p.after}
      </div>
      {told && (
        <p id={told} class={`text-sm ${p.error ? 'text-error font-medium' : 'soft'}`}>
          {p.error || p.hint}
        </p>
      )}
    </div>
  )
}
