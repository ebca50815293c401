import { addRoom, type Room } from '../api.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { tell } from '../parts/news.tsx'
import { RoomForm } from './RoomForm.tsx'
import { useForm } from './useForm.ts'

export function CreateRoom({ onAdded, onClose }: { onAdded(room: Room): void; onClose(): void }) {
  const { form, room, errors, error, busy, submit } = useForm({ name: '' }, async (draft) => {
    // An empty PIN means that the gateway is to choose one.
    const { pin, host_pin, ...rest } = draft
    const added = await addRoom({ ...rest, ...(pin ? { pin } : {}), ...(host_pin ? { host_pin } : {}) })
    tell(t('ui.room.added', { Name: added.name }))
    onAdded(added)
    onClose()
  })
  return (
    <Dialog title={t('ui.rooms.new')} onClose={onClose} wide>
      <form ref={form} onSubmit={(e) => void submit(e)} noValidate>
        <RoomForm room={room} errors={errors.value} short />
        {error.value && (
          <p role="alert" class="text-error mt-3 font-medium">
            {error}
          </p>
        )}
        <button class="btn btn-primary btn-lg mt-5 w-full" disabled={busy.value}>
          {t('ui.rooms.create')}
        </button>
      </form>
    </Dialog>
  )
}
