import { Pencil } from 'lucide-preact'
import { t } from '../i18n.ts'
import { Avatar } from '../parts/Avatar.tsx'
import type { Contact } from './api.ts'

/** What a contact goes by: there is a name, an address or a number. */
export const called = (c: Pick<Contact, 'name' | 'email' | 'phone'>): string => c.name || c.email || c.phone

export function ContactRow({ contact: c, onEdit }: { contact: Contact; onEdit(): void }) {
  const ways = [c.email, c.phone].filter((way) => way && way !== called(c))
  return (
    <li class="flex items-center gap-4 px-4 py-3 sm:px-5">
      <Avatar id={c.id} name={called(c)} kind="browser" size="sm" />
      <div class="min-w-0 flex-1 sm:grid sm:grid-cols-2 sm:items-center sm:gap-4">
        <div class="min-w-0">
          <p class="truncate font-semibold">{called(c)}</p>
          {c.company && <p class="soft truncate text-sm">{c.company}</p>}
        </div>
        <div class="min-w-0 text-sm">
          {ways.map((way) => (
            <p key={way} class="figures truncate">
              {way}
            </p>
          ))}
        </div>
      </div>
      <button type="button" class="btn btn-ghost btn-square" onClick={onEdit} aria-label={t('ui.contacts.edit', { Name: called(c) })}>
        <Pencil class="icon" aria-hidden="true" />
      </button>
    </li>
  )
}
