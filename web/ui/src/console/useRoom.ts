import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { getRoom, listRooms, type Room } from '../api.ts'
import { page } from '../page.ts'

/** The room of this call, if its settings are ours to change: a co-host's are not. */
export function useRoom(id: string | undefined): Signal<Room | undefined> {
  const room = useSignal<Room | undefined>(undefined)
  useEffect(() => {
    if (!page.user && !id) return
    const token = page.link?.token ?? ''
    const found = id ? getRoom(id) : listRooms().then((all) => all.find((r) => r.guest_link.endsWith(`/${token}`)))
    found.then(
      (r) => (room.value = r),
      () => undefined, // not a room of ours
    )
  }, [id])
  return room
}
