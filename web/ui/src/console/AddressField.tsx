// The field for a number or an address, with the numbers of the address book under it
// (the combobox pattern of WAI-ARIA).
import { useSignal } from '@preact/signals'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { Contact } from '../contacts/api.ts'
import { Suggestions, type Option } from '../contacts/Suggestions.tsx'
import { useSuggestions } from '../contacts/useSuggestions.ts'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { announce } from '../parts/news.tsx'
import { isNumber } from './calls.ts'

interface Props {
  value: string
  onInput(value: string): void
  onChoose(contact: Contact): void
  error?: string
}

const optionOf = (c: Contact): Option => ({ recipient: { name: c.name, phone: c.phone }, company: c.company, isNew: false })

export function AddressField({ value, onInput, onChoose, error }: Props) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const open = useSignal(false)
  const active = useSignal(-1)
  // An address is nobody's name, and a number is typed by who knows it.
  const found = useSuggestions(page.user && open.value && !/[:@]/.test(value) && !isNumber(value) ? value : '')
  const contacts = (found.value ?? []).filter((c) => c.phone)
  const listed = open.value && contacts.length > 0
  useEffect(() => {
    if (listed) announce(t('ui.recipients.found', { Count: contacts.length }))
  }, [found.value])

  const choose = (c: Contact | undefined) => {
    if (!c) return
    open.value = false
    active.value = -1
    onChoose(c)
    field.current?.focus()
  }
  const key = (e: KeyboardEvent) => {
    if (!listed) return
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (step) {
      e.preventDefault()
      active.value = (active.value + step + contacts.length + (active.value < 0 && step < 0 ? 1 : 0)) % contacts.length
    } else if (e.key === 'Enter' && active.value >= 0) {
      e.preventDefault()
      choose(contacts[active.value])
    } else if (e.key === 'Escape') {
      e.preventDefault() // closes the list, not the window
      e.stopPropagation()
      open.value = false
    }
  }
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="text-sm font-semibold">
        {t('ui.calls.to')}
      </label>
      <input
        ref={field}
        id={id}
        name="to"
        class={`input input-lg ${error ? 'input-error' : ''}`}
        type="text"
        role="combobox"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxLength={320}
        value={value}
        onInput={(e) => {
          open.value = true
          active.value = -1
          onInput(e.currentTarget.value)
        }}
        onKeyDown={key}
        onBlur={() => (open.value = false)}
        aria-expanded={listed}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={listed && active.value >= 0 ? `${id}-${active.value}` : undefined}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-told`}
      />
      <Suggestions id={id} label={t('ui.calls.to')} listed={listed} options={contacts.map(optionOf)} active={active.value} onChoose={(o) => choose(contacts.find((c) => c.phone === o.recipient.phone))} />
      <p id={`${id}-told`} class={`text-sm wrap-anywhere ${error ? 'text-error font-medium' : 'soft'}`}>
        {error || t('ui.calls.to.help')}
      </p>
    </div>
  )
}
