import { addRoom, type Room, type RoomChange } from '../api.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { tell } from '../parts/news.tsx'
import { RoomForm } from './RoomForm.tsx'
import { useForm } from './useForm.ts'

export function CreateRoom({ onAdded, onClose }: { onAdded(room: Room): void; onClose(): void }) {
  const { form, draft, errors, error, busy, submit } = useForm<RoomChange>({ name: '' }, async (after) => {
    // An empty PIN means that the gateway is to choose one.
    const { pin, host_pin, ...rest } = after
    const added = await addRoom({ ...rest, ...(pin ? { pin } : {}), ...(host_pin ? { host_pin } : {}) })
    tell(t('ui.room.added', { Name: added.name }))
    onAdded(added)
    onClose()
  })
  return (
    <Dialog title={t('ui.rooms.new')} onClose={onClose} wide>
      <form ref={form} onSubmit={(e) => void submit(e)} noValidate>
        <RoomForm room={draft} errors={errors.value} short />
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
