// A host's meetings: those to come, those that are on, those that were.
import { batch, useSignal } from '@preact/signals'
import { CalendarPlus, Search } from 'lucide-preact'
import { useEffect, useId } from 'preact/hooks'
import { t } from '../i18n.ts'
import { announce } from '../parts/news.tsx'
import { HostPage } from '../rooms/HostPage.tsx'
import { place, readdress } from '../rooms/route.ts'
import { failed } from '../rooms/session.ts'
import { useFresh } from '../rooms/useFresh.ts'
import { listMeetings } from './api.ts'
import { MeetingRow } from './MeetingRow.tsx'
import type { Meeting } from './types.ts'

type When = 'upcoming' | 'live' | 'past'

const freshEvery = 5000
const typingPause = 250
const pageSize = 30

const asked = () => {
  const query = new URLSearchParams(place.value.query)
  const when = query.get('when')
  return { when: (when === 'past' || when === 'live' ? when : 'upcoming') as When, search: query.get('search') ?? '' }
}

const address = (when: When, search: string): string => {
  const query = new URLSearchParams({ ...(when === 'upcoming' ? {} : { when }), ...(search ? { search } : {}) })
  return query.size > 0 ? `/meetings?${query}` : '/meetings'
}

export function ListPage() {
  const { when } = asked()
  const search = useSignal(asked().search)
  const typed = useSignal(search.value)
  const live = useSignal(0)
  useEffect(() => {
    const pause = setTimeout(() => (search.value = typed.value.trim()), typingPause)
    return () => clearTimeout(pause)
  }, [typed.value])
  useEffect(() => readdress(address(when, search.value)), [search.value])
  return (
    <HostPage
      title={t('ui.meetings')}
      action={
        <a class="btn btn-wire" href="/meetings/new">
          <CalendarPlus class="icon" aria-hidden="true" />
          {t('ui.meetings.new')}
        </a>
      }
    >
      <div class="sheet mb-4 flex flex-col gap-3 p-3 sm:flex-row sm:items-center sm:justify-between">
        <Tabs when={when} search={search.value} live={live.value} />
        <SearchField value={typed.value} onInput={(v) => (typed.value = v)} />
      </div>
      <Results key={`${when} ${search.value}`} when={when} search={search.value} onLive={(n) => (live.value = n)} />
    </HostPage>
  )
}

function Tabs({ when, search, live }: { when: When; search: string; live: number }) {
  const tabs: [When, string][] = [
    ['upcoming', t('ui.meetings.upcoming')],
    ['live', t('ui.meetings.live')],
    ['past', t('ui.meetings.past')],
  ]
  return (
    <nav aria-label={t('ui.meetings.which')}>
      <ul class="flex gap-1">
        {tabs.map(([tab, label]) => (
          <li key={tab} class="flex-1 sm:flex-none">
            <a class={`btn w-full ${tab === when ? 'btn-primary' : 'btn-ghost'}`} href={address(tab, search)} aria-current={tab === when ? 'true' : undefined}>
              {label}
              {tab === 'live' && live > 0 && (
                <span class="bg-accent text-accent-content figures rounded-full px-2 text-sm">{live}</span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function SearchField({ value, onInput }: { value: string; onInput(value: string): void }) {
  const id = useId()
  return (
    <div class="relative sm:w-72">
      <label for={id} class="sr-only">
        {t('ui.meetings.search')}
      </label>
      <Search class="icon pointer-events-none absolute top-1/2 left-3.5 z-10 -translate-y-1/2 opacity-70" aria-hidden="true" />
      <input id={id} type="search" class="input pl-11" value={value} placeholder={t('ui.meetings.search')} onInput={(e) => onInput(e.currentTarget.value)} autocomplete="off" />
    </div>
  )
}

function Results({ when, search, onLive }: { when: When; search: string; onLive(count: number): void }) {
  const meetings = useSignal<Meeting[] | undefined>(undefined)
  const cursor = useSignal('')
  const error = useSignal('')
  const more = useSignal(false) // further pages were loaded

  useFresh(async () => {
    try {
      const [found, live] = await Promise.all([
        listMeetings({ when, search, limit: pageSize }),
        when === 'live' && !search ? undefined : listMeetings({ when: 'live', search: '', limit: pageSize }),
      ])
      batch(() => {
        onLive((live ?? found).meetings.length)
        error.value = ''
        if (more.value) {
          const fresh = new Map(found.meetings.map((m) => [m.id, m]))
          meetings.value = meetings.value?.map((m) => fresh.get(m.id) ?? m)
          return
        }
        meetings.value = found.meetings
        cursor.value = found.cursor ?? ''
      })
    } catch (e) {
      error.value = failed(e)
    }
  }, freshEvery)

  async function load() {
    try {
      const found = await listMeetings({ when, search, cursor: cursor.value, limit: pageSize })
      const known = new Set(meetings.value?.map((m) => m.id))
      batch(() => {
        more.value = true
        meetings.value = [...(meetings.value ?? []), ...found.meetings.filter((m) => !known.has(m.id))]
        cursor.value = found.cursor ?? ''
      })
      announce(t('ui.meetings.shown', { Count: meetings.value?.length ?? 0 }))
    } catch (e) {
      error.value = failed(e)
    }
  }

  return (
    <>
      {error.value && (
        <p role="alert" class="sheet text-error mb-3 p-5 font-medium">
          {error}
        </p>
      )}
      {meetings.value?.length === 0 && <Nothing when={when} search={search} />}
      <ul class="flex flex-col gap-3">
        {meetings.value?.map((m) => (
          <MeetingRow key={m.id} meeting={m} />
        ))}
      </ul>
      {cursor.value && (
        <button type="button" class="btn btn-soft mx-auto mt-5 flex" onClick={() => void load()}>
          {t('ui.meetings.more')}
        </button>
      )}
    </>
  )
}

function Nothing({ when, search }: { when: When; search: string }) {
  const text = search
    ? t('ui.meetings.none.found', { Search: search })
    : { upcoming: t('ui.meetings.none.upcoming'), live: t('ui.meetings.none.live'), past: t('ui.meetings.none.past') }[when]
  return (
    <div class="sheet flex flex-col items-center gap-5 px-6 py-10 text-center" role="status">
      <p class="max-w-md">{text}</p>
      {!search && when !== 'past' && (
        <a class="btn btn-primary btn-lg" href="/meetings/new">
          <CalendarPlus class="icon" aria-hidden="true" />
          {t('ui.meetings.new')}
        </a>
      )}
    </div>
  )
}
