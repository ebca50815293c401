// A time zone, searched by city, by its name or by its distance from UTC: an editable
// combobox with a list (WAI-ARIA Authoring Practices, "List Autocomplete").
import { useSignal } from '@preact/signals'
import { ChevronDown } from 'lucide-preact'
import { useEffect, useId, useMemo, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { allZones, cityOf, offset, offsetName, searchZones, zoneRows } from './zone.ts'

const mostShown = 60

interface Props {
  value: string
  onChange(zone: string): void
  at: number // the offsets are those of then
  error?: string
}

const shown = (zone: string, at: number): string => {
  const distance = offsetName(offset(zone, at))
  return distance === zone ? zone : `${zone.replaceAll('_', ' ')} (${distance})`
}

export function ZonePicker({ value, onChange, at, error }: Props) {
  const id = useId()
  const open = useSignal(false)
  const typed = useSignal('')
  const chosen = useSignal(0)
  const listed = useRef<HTMLUListElement>(null)
  const when = Number.isNaN(at) ? Date.now() : at
  const rows = useMemo(() => (open.value ? zoneRows(allZones(), when, page.lang) : []), [open.value, when])
  const found = open.value ? searchZones(rows, typed.value).slice(0, mostShown) : []
  useEffect(() => {
    listed.current?.children[chosen.value]?.scrollIntoView({ block: 'nearest' })
  }, [chosen.value, open.value])

  const show = () => {
    if (open.value) return
    open.value = true
    typed.value = ''
    chosen.value = 0
  }
  const take = (zone?: string) => {
    if (zone) onChange(zone)
    open.value = false
  }
  function key(e: KeyboardEvent) {
    if (e.key === 'Escape' && open.value) {
      e.preventDefault()
      open.value = false
    } else if (e.key === 'Enter' && open.value) {
      e.preventDefault()
      take(found[chosen.value]?.zone)
    } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault()
      if (!open.value) return show()
      const step = e.key === 'ArrowDown' ? 1 : -1
      chosen.value = Math.max(0, Math.min(found.length - 1, chosen.value + step))
    }
  }
  const active = found[chosen.value]
  return (
    <div class="relative flex flex-col gap-1.5" onFocusOut={(e) => !e.currentTarget.contains(e.relatedTarget as Node | null) && (open.value = false)}>
      <label for={id} class="text-sm font-semibold">
        {t('ui.meetings.zone')}
      </label>
      <div class="relative">
        <input
          id={id}
          name="zone"
          role="combobox"
          class={`input input-lg pr-11 ${error ? 'input-error' : ''}`}
          value={open.value ? typed.value : shown(value, when)}
          placeholder={shown(value, when)}
          onClick={show}
          onInput={(e) => {
            open.value = true
            typed.value = e.currentTarget.value
            chosen.value = 0
          }}
          onFocus={(e) => e.currentTarget.select()}
          onKeyDown={key}
          autocomplete="off"
          aria-expanded={open.value}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active ? `${id}-${chosen.value}` : undefined}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-told` : undefined}
        />
        <ChevronDown class="icon pointer-events-none absolute top-1/2 right-3.5 z-10 -translate-y-1/2" aria-hidden="true" />
      </div>
      <ul
        ref={listed}
        id={`${id}-list`}
        role="listbox"
        aria-label={t('ui.meetings.zone')}
        hidden={!open.value}
        class="sheet absolute inset-x-0 top-full z-30 mt-1 max-h-72 overflow-y-auto p-1.5 shadow-lg"
      >
        {found.map((r, i) => (
          <li
            key={r.zone}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen.value}
            onPointerDown={(e) => {
              e.preventDefault() // the focus stays in the field
              take(r.zone)
            }}
            class={`flex min-h-11 cursor-pointer items-center justify-between gap-3 rounded-xl px-3 py-1.5 ${i === chosen.value ? 'bg-primary text-primary-content' : 'hover:bg-base-200'}`}
          >
            <span class="min-w-0">
              <span class="block font-medium wrap-anywhere">{cityOf(r.zone)}</span>
              <span class="block text-xs wrap-anywhere">{[r.zone, r.name].filter((s) => s !== cityOf(r.zone)).join(' · ')}</span>
            </span>
            <span class="figures shrink-0 text-sm">{r.offset}</span>
          </li>
        ))}
        {open.value && found.length === 0 && (
          <li role="option" aria-disabled="true" aria-selected="false" class="px-3 py-2">
            {t('ui.meetings.zone.none')}
          </li>
        )}
      </ul>
      {error && (
        <p id={`${id}-told`} class="text-error text-sm font-medium">
          {error}
        </p>
      )}
    </div>
  )
}
