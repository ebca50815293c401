// The address book: who one invites, found by any word of name, company and address.
import { useSignal } from '@preact/signals'
import { Download, Search, Upload, UserPlus } from 'lucide-preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { announce } from '../parts/news.tsx'
import { HostPage } from '../rooms/HostPage.tsx'
import { failed } from '../rooms/session.ts'
import { exportPath, listContacts, type Contact, type ContactFields } from './api.ts'
import { ContactDialog } from './ContactDialog.tsx'
import { ContactRow } from './ContactRow.tsx'
import { ImportDialog } from './ImportDialog.tsx'
import { isEmail } from './recipients.ts'

const typingPause = 200

type Open = { what: '' | 'import' } | { what: 'edit'; contact: Contact } | { what: 'add'; first: ContactFields }

export function ContactsPage() {
  const typed = useSignal('')
  const list = useContacts(typed.value)
  const open = useSignal<Open>({ what: '' })
  const close = () => (open.value = { what: '' })
  const add = (first: ContactFields = {}) => (open.value = { what: 'add', first })
  const none = list.loaded.value && list.contacts.value.length === 0
  return (
    <HostPage
      title={t('ui.contacts')}
      action={
        <button type="button" class="btn btn-wire" onClick={() => add()}>
          <UserPlus class="icon" aria-hidden="true" />
          {t('ui.contacts.add')}
        </button>
      }
    >
      <div class="sheet flex flex-wrap items-center gap-3 p-3">
        <SearchField value={typed.value} onInput={(v) => (typed.value = v)} />
        <div class="flex gap-2">
          <button type="button" class="btn btn-soft" onClick={() => (open.value = { what: 'import' })}>
            <Upload class="icon" aria-hidden="true" />
            {t('ui.contacts.import')}
          </button>
          <Exports />
        </div>
      </div>
      {list.error.value && (
        <p role="alert" class="sheet text-error mt-4 p-5 font-medium">
          {list.error}
        </p>
      )}
      {none && (typed.value.trim() ? <NoMatch search={typed.value.trim()} onAdd={add} /> : <Empty />)}
      {list.contacts.value.length > 0 && (
        <ul class="sheet rows mt-4 overflow-hidden">
          {list.contacts.value.map((c) => (
            <ContactRow key={c.id} contact={c} onEdit={() => (open.value = { what: 'edit', contact: c })} />
          ))}
        </ul>
      )}
      {list.cursor.value && (
        <button type="button" class="btn btn-soft mx-auto mt-4 flex" onClick={() => void list.more()}>
          {t('ui.contacts.more')}
        </button>
      )}
      {open.value.what === 'add' && <ContactDialog first={open.value.first} onDone={list.again} onClose={close} />}
      {open.value.what === 'edit' && <ContactDialog contact={open.value.contact} onDone={list.again} onClose={close} />}
      {open.value.what === 'import' && <ImportDialog onDone={list.again} onClose={close} />}
    </HostPage>
  )
}

/** The contacts that are found, page by page. An answer that comes late shows nothing. */
function useContacts(typed: string) {
  const contacts = useSignal<Contact[]>([])
  const cursor = useSignal('')
  const loaded = useSignal(false)
  const error = useSignal('')
  const turn = useRef(0)
  const q = typed.trim()
  const asked = useRef(q) // who saves a contact while the search changes has the new one
  asked.current = q

  async function load(next: string): Promise<void> {
    const own = ++turn.current
    try {
      const q = asked.current
      const page = await listContacts(q, next)
      if (own !== turn.current) return
      contacts.value = next ? [...contacts.value, ...page.contacts] : page.contacts
      cursor.value = page.cursor ?? ''
      loaded.value = true
      error.value = ''
      if (q || next) announce(t('ui.contacts.shown', { Count: contacts.value.length }))
    } catch (e) {
      if (own === turn.current) error.value = failed(e)
    }
  }
  useEffect(() => {
    const pause = setTimeout(() => void load(''), q ? typingPause : 0)
    return () => clearTimeout(pause)
  }, [q])
  return { contacts, cursor, loaded, error, again: () => void load(''), more: () => load(cursor.value) }
}

function SearchField({ value, onInput }: { value: string; onInput(value: string): void }) {
  const id = useId()
  const short = [...value.trim()].length === 1
  return (
    <div class="relative min-w-56 flex-1">
      <label for={id} class="sr-only">
        {t('ui.contacts.search')}
      </label>
      <Search class="icon pointer-events-none absolute top-1/2 left-3.5 z-10 -translate-y-1/2 opacity-70" aria-hidden="true" />
      <input
        id={id}
        type="search"
        class="input pl-11"
        placeholder={t('ui.contacts.search')}
        value={value}
        onInput={(e) => onInput(e.currentTarget.value)}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={short ? `${id}-told` : undefined}
      />
      {short && (
        <p id={`${id}-told`} class="soft mt-1 text-sm">
          {t('ui.contacts.search.two')}
        </p>
      )}
    </div>
  )
}

function Exports() {
  return (
    <details class="dropdown dropdown-end">
      <summary class="btn btn-soft list-none">
        <Download class="icon" aria-hidden="true" />
        {t('ui.contacts.export')}
      </summary>
      <ul class="dropdown-content sheet z-20 mt-1 flex w-max max-w-[80vw] flex-col p-1">
        {(['vcf', 'csv'] as const).map((kind) => (
          <li key={kind}>
            <a class="btn btn-ghost w-full justify-start" href={exportPath(kind)} download={`contacts.${kind}`}>
              {t(kind === 'vcf' ? 'ui.contacts.export.vcf' : 'ui.contacts.export.csv')}
            </a>
          </li>
        ))}
      </ul>
    </details>
  )
}

function Empty() {
  return (
    <div class="sheet mt-4 flex flex-col items-center gap-2 p-8 text-center">
      <h2 class="text-xl font-bold">{t('ui.contacts.none')}</h2>
      <p class="soft max-w-md">{t('ui.contacts.none.text')}</p>
    </div>
  )
}

function NoMatch({ search, onAdd }: { search: string; onAdd(first: ContactFields): void }) {
  if ([...search].length < 2) return null
  const first = isEmail(search) ? { email: search } : /^[+\d][\d\s()/.-]+$/.test(search) ? { phone: search } : { name: search }
  return (
    <div class="sheet mt-4 flex flex-col items-center gap-4 p-8 text-center">
      <p class="font-medium wrap-anywhere">{t('ui.contacts.nomatch', { Search: search })}</p>
      <button type="button" class="btn btn-primary max-w-full" onClick={() => onAdd(first)}>
        <UserPlus class="icon" aria-hidden="true" />
        <span class="truncate">{t('ui.contacts.nomatch.add', { Search: search })}</span>
      </button>
    </div>
  )
}
