// A host's rooms, with who is in them, kept fresh while the page is looked at.
import { useSignal } from '@preact/signals'
import { Plus } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { listRooms, type Room } from '../api.ts'
import { t } from '../i18n.ts'
import { CreateRoom } from './CreateRoom.tsx'
import { HostPage } from './HostPage.tsx'
import { RoomCard } from './RoomCard.tsx'
import { RoomSettings } from './RoomSettings.tsx'
import { failed, user } from './session.ts'

const freshEvery = 4000

export function RoomsPage() {
  const rooms = useSignal<Room[] | undefined>(undefined)
  const error = useSignal('')
  const open = useSignal('') // a room's id, or "new"

  async function load() {
    try {
      rooms.value = await listRooms()
      error.value = ''
    } catch (e) {
      error.value = failed(e)
    }
  }
  useEffect(() => {
    void load()
    const fresh = setInterval(() => document.visibilityState === 'visible' && user.value && !open.value && void load(), freshEvery)
    return () => clearInterval(fresh)
  }, [])

  const replace = (room: Room) => (rooms.value = rooms.value?.map((r) => (r.id === room.id ? room : r)))
  const chosen = rooms.value?.find((r) => r.id === open.value)
  return (
    <>
      <HostPage
        title={t('ui.rooms')}
        action={
          <button type="button" class="btn btn-wire" onClick={() => (open.value = 'new')}>
            <Plus class="icon" aria-hidden="true" />
            {t('ui.rooms.new')}
          </button>
        }
      >
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
      </HostPage>
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
