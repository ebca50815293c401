// Who changed what: the newest first, found by word, kind, and whether it was refused.
import { batch, useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import { t } from '../i18n.ts'
import { announce } from '../parts/news.tsx'
import { place, readdress } from '../rooms/route.ts'
import { failed } from '../rooms/session.ts'
import { useFresh } from '../rooms/useFresh.ts'
import { AdminPage } from './AdminPage.tsx'
import { listChanges, type Change } from './api.ts'
import { SearchField } from './Rooms.tsx'
import { moment } from './time.ts'
import { actionChoices, actionText, whoText } from './words.ts'

const freshEvery = 5000
const typingPause = 250

interface Asked {
  search: string
  action: string
  failed: boolean
}

function asked(): Asked {
  const query = new URLSearchParams(place.value.query)
  return { search: query.get('search') ?? '', action: query.get('action') ?? '', failed: query.has('refused') }
}

function address(a: Asked): string {
  const query = new URLSearchParams({ ...(a.search ? { search: a.search } : {}), ...(a.action ? { action: a.action } : {}), ...(a.failed ? { refused: '' } : {}) })
  return query.size > 0 ? `/admin/changes?${query}` : '/admin/changes'
}

export function Changes() {
  const filter = useSignal<Asked>(asked())
  const typed = useSignal(filter.value.search)
  useEffect(() => {
    const pause = setTimeout(() => typed.value.trim() !== filter.value.search && (filter.value = { ...filter.value, search: typed.value.trim() }), typingPause)
    return () => clearTimeout(pause)
  }, [typed.value])
  useEffect(() => readdress(address(filter.value)), [filter.value])
  return (
    <AdminPage title={t('ui.admin.changes')}>
      <div class="sheet flex flex-wrap items-center gap-3 p-3">
        <SearchField label={t('ui.admin.changes.search')} value={typed.value} onInput={(v) => (typed.value = v)} />
        <Kind value={filter.value.action} onChange={(action) => (filter.value = { ...filter.value, action })} />
        <label class="flex cursor-pointer items-center gap-3 px-2 py-2">
          <input type="checkbox" class="checkbox" checked={filter.value.failed} onChange={(e) => (filter.value = { ...filter.value, failed: e.currentTarget.checked })} />
          {t('ui.admin.changes.refused')}
        </label>
      </div>
      <Found key={JSON.stringify(filter.value)} asked={filter.value} />
    </AdminPage>
  )
}

function Kind({ value, onChange }: { value: string; onChange(value: string): void }) {
  const id = useId()
  return (
    <div class="min-w-48 flex-1 sm:flex-none">
      <label for={id} class="sr-only">
        {t('ui.admin.changes.kind')}
      </label>
      <select id={id} class="select" value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        <option value="">{t('ui.admin.changes.every')}</option>
        {actionChoices().map(([words, name]) => (
          <option key={words} value={words}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

function Found({ asked: a }: { asked: Asked }) {
  const changes = useSignal<Change[] | undefined>(undefined)
  const before = useSignal(0) // of the next page; 0: there is none
  const error = useSignal('')
  useFresh(async () => {
    try {
      const found = await listChanges(a)
      batch(() => {
        error.value = ''
        const known = changes.value ?? []
        const oldest = found.changes.at(-1)?.id ?? 0
        const older = known.filter((c) => c.id < oldest)
        changes.value = [...found.changes, ...older]
        if (older.length === 0) before.value = found.before ?? 0
      })
    } catch (e) {
      error.value = failed(e)
    }
  }, freshEvery)
  async function more() {
    try {
      const found = await listChanges({ ...a, before: before.value })
      batch(() => {
        changes.value = [...(changes.value ?? []), ...found.changes]
        before.value = found.before ?? 0
      })
      announce(t('ui.admin.changes.shown', { Count: changes.value?.length ?? 0 }))
    } catch (e) {
      error.value = failed(e)
    }
  }
  const filtered = !!(a.search || a.action || a.failed)
  return (
    <>
      {error.value && (
        <p role="alert" class="sheet text-error p-5 font-medium">
          {error}
        </p>
      )}
      {changes.value?.length === 0 && (
        <p class="sheet p-8 text-center" role="status">
          {filtered ? t('ui.admin.changes.nomatch') : t('ui.admin.changes.none')}
        </p>
      )}
      {changes.value && changes.value.length > 0 && (
        <ul class="sheet rows overflow-hidden" aria-label={t('ui.admin.changes')}>
          {changes.value.map((c) => (
            <ChangeRow key={c.id} change={c} />
          ))}
        </ul>
      )}
      {before.value > 0 && (
        <button type="button" class="btn btn-soft mx-auto flex" onClick={() => void more()}>
          {t('ui.admin.changes.more')}
        </button>
      )}
    </>
  )
}

function ChangeRow({ change: c }: { change: Change }) {
  return (
    <li class="px-4 py-3 sm:px-5 lg:grid lg:grid-cols-[11rem_minmax(0,1fr)] lg:gap-6">
      <p class="soft figures text-sm lg:pt-0.5">
        <time dateTime={c.at}>{moment(c.at)}</time>
      </p>
      <div class="min-w-0">
        <p class="wrap-anywhere">
          <span class="font-semibold">{actionText(c.action)}</span>
          {c.failed && <span class="badge badge-sm badge-error ml-2 align-middle">{t('ui.admin.refused')}</span>}
          {c.subject && <> · {c.subject}</>}
        </p>
        {c.detail && <p class="text-sm wrap-anywhere">{c.detail}</p>}
        <p class="soft figures text-sm wrap-anywhere">{[whoText(c), c.from].filter(Boolean).join(' · ')}</p>
      </div>
    </li>
  )
}
