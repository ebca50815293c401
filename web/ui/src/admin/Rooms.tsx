// All rooms and meetings, those with somebody in them first.
import { useSignal } from '@preact/signals'
import { Hourglass, Lock, Search, Users } from 'lucide-preact'
import { useEffect, useId } from 'preact/hooks'
import { t } from '../i18n.ts'
import { grouped } from '../parts/PhoneWays.tsx'
import { AdminPage } from './AdminPage.tsx'
import { listRooms, type RoomStatus } from './api.ts'
import { Empty, useLive } from './parts.tsx'

const typingPause = 250

export function Rooms() {
  const typed = useSignal('')
  const search = useSignal('')
  useEffect(() => {
    const pause = setTimeout(() => (search.value = typed.value.trim()), typingPause)
    return () => clearTimeout(pause)
  }, [typed.value])
  return (
    <AdminPage title={t('ui.admin.rooms')}>
      <div class="sheet p-3">
        <SearchField label={t('ui.admin.rooms.search')} value={typed.value} onInput={(v) => (typed.value = v)} />
      </div>
      <Found key={search.value} search={search.value} />
    </AdminPage>
  )
}

export function SearchField({ label, value, onInput }: { label: string; value: string; onInput(value: string): void }) {
  const id = useId()
  return (
    <div class="relative min-w-48 flex-1">
      <label for={id} class="sr-only">
        {label}
      </label>
      <Search class="icon pointer-events-none absolute top-1/2 left-3.5 z-10 -translate-y-1/2 opacity-70" aria-hidden="true" />
      <input id={id} type="search" class="input pl-11" placeholder={label} value={value} onInput={(e) => onInput(e.currentTarget.value)} autocomplete="off" spellcheck={false} />
    </div>
  )
}

function Found({ search }: { search: string }) {
  const live = useLive(() => listRooms(search))
  const rooms = live.value?.rooms ?? []
  const total = live.value?.total ?? 0
  return (
    <>
      {live.error && (
        <p role="alert" class="sheet text-error p-5 font-medium">
          {live.error}
        </p>
      )}
      {live.value && total === 0 && search && <p class="sheet p-8 text-center" role="status">{t('ui.admin.rooms.nomatch', { Search: search })}</p>}
      {live.value && total === 0 && !search && <Empty title={t('ui.admin.rooms.none')} text={t('ui.admin.rooms.none.text')} />}
      {rooms.length > 0 && (
        <ul class="sheet rows overflow-hidden" aria-label={t('ui.admin.rooms')}>
          {rooms.map((r) => (
            <RoomRow key={r.id} room={r} />
          ))}
        </ul>
      )}
      {total > rooms.length && <p class="soft text-center">{t('ui.admin.more', { Count: total - rooms.length })}</p>}
    </>
  )
}

function RoomRow({ room: r }: { room: RoomStatus }) {
  const busy = r.count > 0
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-6 gap-y-1 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="font-semibold wrap-anywhere">{r.name}</p>
        <p class="soft text-sm wrap-anywhere">
          <span class="figures">{grouped(r.extension)}</span>
          {' · '}
          {r.meeting ? t('ui.admin.meeting') : t('ui.admin.permanent')}
          {' · '}
          {r.owner ?? t('ui.admin.everyhost')}
        </p>
      </div>
      <p class="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        {r.locked && (
          <span class="flex items-center gap-1.5">
            <Lock class="size-4" aria-hidden="true" />
            {t('ui.locked')}
          </span>
        )}
        {r.waiting > 0 && (
          <span class="bg-accent text-accent-content flex items-center gap-1.5 rounded-full px-2.5 py-0.5 font-semibold">
            <Hourglass class="size-4" aria-hidden="true" />
            {t('ui.rooms.waiting', { Count: r.waiting })}
          </span>
        )}
        <span class={`flex items-center gap-1.5 ${busy ? 'text-primary font-bold' : 'soft'}`}>
          <Users class="size-4" aria-hidden="true" />
          {busy ? t('ui.count', { Count: r.count }) : t('ui.rooms.nobody')}
        </span>
      </p>
    </li>
  )
}
