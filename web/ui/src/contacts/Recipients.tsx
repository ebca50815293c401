// Whom to invite: addresses and numbers, typed, pasted or out of the address book. What
// cannot be read stays as it was typed, marked and named, and spoils nothing else.
import { useSignal } from '@preact/signals'
import { CircleAlert, X } from 'lucide-preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { announce } from '../parts/news.tsx'
import { addContact, type Contact } from './api.ts'
import { addresses, isGood, joined, mistake, parse, split, type Recipient } from './recipients.ts'
import { Suggestions, type Option } from './Suggestions.tsx'
import { useSuggestions } from './useSuggestions.ts'

export type { Recipient } from './recipients.ts'

interface Props {
  value: Recipient[]
  onChange(list: Recipient[]): void
  errors: Record<number, string> // the gateway's, by index in value
  canSms: boolean
  country?: string // ISO 3166 of local numbers; the gateway's if left out
  label?: string
  known?: string[] // who has been invited already
}

const ofContact = (c: Contact, canSms: boolean): Recipient => ({
  ...(c.name ? { name: c.name } : {}),
  ...(c.email ? { email: c.email } : {}),
  ...(c.phone && (canSms || !c.email) ? { phone: c.phone } : {}),
  ...(c.language ? { language: c.language } : {}),
})

const shown = (r: Recipient): string => r.name || r.email || r.phone || r.text || ''

export function Recipients({ value, onChange, errors, canSms, country = page.country ?? '', label = t('ui.recipients'), known = [] }: Props) {
  const text = useSignal('')
  const open = useSignal(false)
  const active = useSignal(-1)
  const field = useRef<HTMLInputElement>(null)
  const id = useId()
  const found = useSuggestions(page.user ? text.value : '')
  const options = optionsFor(text.value, found.value, value, canSms, country)
  const listed = open.value && text.value.trim().length > 1 && found.value !== undefined

  const add = (more: Recipient[]) => {
    if (more.length === 0) return
    text.value = ''
    open.value = false
    active.value = -1
    onChange(joined(value, more))
  }
  const commit = () => add(parse(text.value, country))
  const choose = (o: Option) => {
    add([o.recipient])
    if (o.isNew) keep(o.recipient)
    field.current?.focus()
  }
  const remove = (i: number, edit = false) => {
    if (edit) text.value = value[i]?.text ?? value[i]?.email ?? value[i]?.phone ?? ''
    else announce(t('ui.recipients.removed', { Name: shown(value[i] ?? {}) }))
    onChange(value.filter((_, at) => at !== i))
    field.current?.focus()
  }

  // A half-typed entry counts too: a form is sent by Enter and, in some browsers, without
  // that the focus leaves the field.
  const latest = useRef(commit)
  latest.current = commit
  useEffect(() => {
    const form = field.current?.form
    const before = () => latest.current()
    form?.addEventListener('submit', before, true)
    return () => form?.removeEventListener('submit', before, true)
  }, [])
  // Not at once: an entry that becomes a chip moves what is below, and whoever is just
  // pressing a button there would miss it.
  const leave = () => setTimeout(() => field.current && field.current !== document.activeElement && latest.current(), 200)
  useEffect(() => {
    if (listed) announce(options.length > 0 ? t('ui.recipients.found', { Count: options.length }) : t('ui.recipients.none'))
  }, [found.value])

  function key(e: KeyboardEvent) {
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (step && listed && options.length > 0) {
      e.preventDefault()
      active.value = (active.value + step + options.length + (active.value < 0 && step < 0 ? 1 : 0)) % options.length
    } else if (step) {
      open.value = true
    } else if (e.key === 'Enter' && text.value.trim()) {
      e.preventDefault()
      const o = listed ? options[active.value] : undefined
      if (o) choose(o)
      else commit()
    } else if (e.key === 'Escape' && listed) {
      e.preventDefault() // closes the list, not the window
      e.stopPropagation()
      open.value = false
    } else if (e.key === 'Backspace' && !text.value && value.length > 0) {
      e.preventDefault()
      remove(value.length - 1, true)
    }
  }

  function input(typed: string) {
    open.value = true
    active.value = -1
    text.value = typed
    if (/[;\n]$/.test(typed) || (typed.endsWith(',') && split(typed).length === 1 && !typed.startsWith('"'))) commit()
  }

  function paste(e: ClipboardEvent) {
    const pasted = e.clipboardData?.getData('text/plain') ?? ''
    if (!/[;,\n\r]/.test(pasted)) return
    e.preventDefault()
    add(parse(`${text.value}${pasted}`, country))
  }

  const told = value.map((r, i) => problemOf(r, errors[i], country, known))
  const wrong = told.some(Boolean)
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="text-sm font-semibold">
        {label}
      </label>
      <div class={`input input-lg flex h-auto min-h-12 flex-wrap gap-1.5 py-1.5 ${wrong ? 'input-error' : ''}`} onClick={(e) => e.target === e.currentTarget && field.current?.focus()}>
        {value.length > 0 && (
          <ul class="contents" aria-label={label}>
            {value.map((r, i) => (
              <Chip key={`${addresses(r).join()} ${r.text ?? ''}`} recipient={r} wrong={!!told[i]} country={country} onEdit={() => remove(i, true)} onRemove={() => remove(i)} />
            ))}
          </ul>
        )}
        <input
          ref={field}
          id={id}
          class="min-w-40 flex-1 bg-transparent outline-none"
          type="text"
          role="combobox"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={text.value}
          onInput={(e) => input(e.currentTarget.value)}
          onKeyDown={key}
          onPaste={paste}
          onBlur={leave}
          aria-expanded={listed}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={listed && active.value >= 0 ? `${id}-${active.value}` : undefined}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={`${id}-told`}
        />
      </div>
      <Suggestions id={id} label={label} listed={listed} options={options} active={active.value} onChoose={choose} />
      <div id={`${id}-told`} class="text-sm">
        {wrong ? (
          <ul class="text-error flex flex-col gap-0.5 font-medium">
            {value.map((r, i) => told[i] && <li key={i}>{t('ui.recipients.bad', { Entry: shown(r), Why: told[i] })}</li>)}
          </ul>
        ) : (
          <p class="soft">{t(canSms ? 'ui.recipients.help.both' : 'ui.recipients.help.mail')}</p>
        )}
      </div>
    </div>
  )
}

/** The contacts that aren't there yet, and who is none so far, to be added. */
function optionsFor(text: string, found: Contact[] | undefined, value: Recipient[], canSms: boolean, country: string): Option[] {
  const taken = new Set(value.flatMap(addresses))
  const options = (found ?? [])
    .filter((c) => c.email || (c.phone && canSms))
    .map((c): Option => ({ recipient: ofContact(c, canSms), company: c.company, isNew: false }))
    .filter((o) => !addresses(o.recipient).some((a) => taken.has(a)))
  const [typed, ...more] = parse(text, country)
  const unknown = typed && more.length === 0 && isGood(typed) && !(found ?? []).some((c) => c.email.toLowerCase() === typed.email?.toLowerCase() || (typed.phone && c.phone === typed.phone))
  return unknown ? [...options, { recipient: typed, company: '', isNew: true }] : options
}

/** Into the address book. That it fails spoils no invitation. */
function keep(r: Recipient): void {
  addContact({ name: r.name ?? '', email: r.email ?? '', phone: r.phone ?? '' }).then(
    () => announce(t('ui.recipients.kept', { Name: shown(r) })),
    () => undefined,
  )
}

function problemOf(r: Recipient, ofGateway: string | undefined, country: string, known: string[]): string {
  const here = mistake(r, country)
  if (here) return t(here)
  if (ofGateway) return ofGateway
  return addresses(r).some((a) => known.some((k) => k.toLowerCase() === a)) ? t('ui.recipients.bad.known') : ''
}

interface ChipProps {
  recipient: Recipient
  wrong: boolean
  country: string
  onEdit(): void
  onRemove(): void
}

function Chip({ recipient: r, wrong, country, onEdit, onRemove }: ChipProps) {
  const place = r.phone && !r.phone.startsWith('+') ? new Intl.DisplayNames([page.lang], { type: 'region' }).of(country) : undefined
  return (
    <li class={`flex max-w-full items-center rounded-full pl-3 text-sm font-medium ${wrong ? 'bg-error/12 text-error ring-error ring-1' : 'bg-base-content/9'}`}>
      {wrong && <CircleAlert class="mr-1.5 size-4 shrink-0" aria-hidden="true" />}
      <button type="button" class="min-h-8 min-w-6 cursor-pointer truncate text-left" title={r.email || r.phone || r.text} onClick={onEdit} aria-label={t('ui.recipients.edit', { Name: shown(r) })}>
        {shown(r)}
        {place && <span class="soft ml-1 font-normal">({place})</span>}
      </button>
      <button type="button" class="grid size-8 shrink-0 cursor-pointer place-items-center rounded-full" onClick={onRemove} aria-label={t('ui.recipients.remove', { Name: shown(r) })}>
        <X class="size-4" aria-hidden="true" />
      </button>
    </li>
  )
}
