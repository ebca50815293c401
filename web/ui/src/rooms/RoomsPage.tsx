// A host's rooms, with who is in them, kept fresh while the page is looked at.
import { useSignal } from '@preact/signals'
import { LogOut, Plus } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { listRooms, Problem, signOut, type Room } from '../api.ts'
import { t } from '../i18n.ts'
import type { User } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { LanguageChoice, ThemeButton } from '../parts/Look.tsx'
import { problemText } from '../parts/problem.ts'
import { CreateRoom } from './CreateRoom.tsx'
import { RoomCard } from './RoomCard.tsx'
import { RoomSettings } from './RoomSettings.tsx'

const freshEvery = 4000

export function RoomsPage({ user, onOut }: { user: User; onOut(): void }) {
  const rooms = useSignal<Room[] | undefined>(undefined)
  const error = useSignal('')
  const open = useSignal('') // a room's id, or "new"

  async function load() {
    try {
      rooms.value = await listRooms()
      error.value = ''
    } catch (e) {
      if (e instanceof Problem && e.status === 401) return onOut()
      error.value = problemText(e)
    }
  }
  useEffect(() => {
    void load()
    const fresh = setInterval(() => document.visibilityState === 'visible' && !open.value && void load(), freshEvery)
    return () => clearInterval(fresh)
  }, [])

  const replace = (room: Room) => (rooms.value = rooms.value?.map((r) => (r.id === room.id ? room : r)))
  const chosen = rooms.value?.find((r) => r.id === open.value)
  return (
    <>
      <header class="stage on-stage px-5 pt-4 pb-20 lg:px-12">
        <div class="mx-auto flex max-w-5xl items-center justify-between gap-3">
          <Brand href="/" />
          <div class="flex gap-1">
            <LanguageChoice class="btn-stage" />
            <ThemeButton class="btn-stage" />
            <button type="button" class="btn btn-stage btn-square" onClick={() => void signOut().finally(onOut)} aria-label={t('ui.signout')} title={t('ui.signout')}>
              <LogOut class="icon" aria-hidden="true" />
            </button>
          </div>
        </div>
        <div class="mx-auto mt-8 flex max-w-5xl flex-wrap items-end justify-between gap-4">
          <div>
            <p class="text-stage-soft">{user.name || user.email}</p>
            <h1 class="text-3xl font-bold lg:text-4xl">{t('ui.rooms')}</h1>
          </div>
          <button type="button" class="btn btn-wire" onClick={() => (open.value = 'new')}>
            <Plus class="icon" aria-hidden="true" />
            {t('ui.rooms.new')}
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1} class="-mt-12 px-5 pb-12 outline-none lg:px-12">
        <div class="mx-auto max-w-5xl">
          {error.value && (
            <p role="alert" class="sheet text-error mb-3 p-5 font-medium">
              {error}
            </p>
          )}
          {rooms.value?.length === 0 && <p class="sheet p-8 text-center">{t('ui.rooms.none')}</p>}
          <ul class="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
            {rooms.value?.map((r) => (
              <RoomCard key={r.id} room={r} onSettings={() => (open.value = r.id)} />
            ))}
          </ul>
        </div>
      </main>
      {open.value === 'new' && <CreateRoom onAdded={(room) => (rooms.value = [...(rooms.value ?? []), room])} onClose={() => (open.value = '')} />}
      {chosen && (
        <RoomSettings
          room={chosen}
          onChange={replace}
          onRemoved={() => ((open.value = ''), (rooms.value = rooms.value?.filter((r) => r.id !== chosen.id)))}
          onClose={() => (open.value = '')}
        />
      )}
    </>
  )
}
