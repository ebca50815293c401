// The list under the field of recipients. The focus stays in the field, which names the
// option that the arrow keys have come to (the combobox pattern of WAI-ARIA).
import { UserPlus } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { Avatar } from '../parts/Avatar.tsx'
import type { Recipient } from './recipients.ts'

export interface Option {
  recipient: Recipient
  company: string
  isNew: boolean // not in the address book yet
}

interface Props {
  id: string // of the field
  label: string
  listed: boolean
  options: Option[]
  active: number
  onChoose(o: Option): void
}

export function Suggestions({ id, label, listed, options, active, onChoose }: Props) {
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [active])
  const none = listed && options.length === 0
  return (
    <>
      <ul ref={list} id={`${id}-list`} role="listbox" aria-label={t('ui.recipients.book', { Label: label })} hidden={!listed || none} class="sheet max-h-72 overflow-y-auto p-1">
        {options.map((o, i) => {
          const { name, email, phone } = o.recipient
          return (
            <li
              key={`${email ?? ''} ${phone ?? ''}`}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === active}
              class={`flex min-h-11 cursor-pointer items-center gap-3 rounded-xl px-3 py-1.5 ${i === active ? 'bg-primary text-primary-content' : 'hover:bg-base-content/9'}`}
              onMouseDown={(e) => e.preventDefault() /* the field keeps the focus */}
              onClick={() => onChoose(o)}
            >
              {o.isNew ? <UserPlus class="icon mx-1.5" aria-hidden="true" /> : <Avatar id={email || phone || ''} name={name || email || ''} kind="browser" size="sm" />}
              <span class="min-w-0 flex-1">
                <span class="block truncate font-medium">{o.isNew ? t('ui.recipients.add', { Entry: name || email || phone || '' }) : name || email || phone}</span>
                {!o.isNew && <span class="block truncate text-sm">{[name && (email || phone), o.company].filter(Boolean).join(' · ')}</span>}
              </span>
            </li>
          )
        })}
      </ul>
      {none && <p class="soft px-1 text-sm">{t('ui.recipients.none')}</p>}
    </>
  )
}
