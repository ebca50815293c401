// A room's settings in a window: from the list and from within the call.
import { useSignal } from '@preact/signals'
import { RefreshCw, Trash2 } from 'lucide-preact'
import { changeRoom, removeRoom, replaceLink, type Room, type RoomChange } from '../api.ts'
import { t } from '../i18n.ts'
import { Confirm } from '../parts/Confirm.tsx'
import { Copy } from '../parts/Copy.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { tell } from '../parts/news.tsx'
import { RoomForm } from './RoomForm.tsx'
import { useForm } from './useForm.ts'

const settings = ({ name, pin, host_pin, language, max_participants, lobby, wait_for_host, mute_on_entry, tones, names, guest_invites }: Room): RoomChange => ({
  name, pin, host_pin, language, max_participants, lobby, wait_for_host, mute_on_entry, tones, names, guest_invites,
})

/** Only what was changed is sent: two hosts don't undo each other's work. */
export function changesOf(before: RoomChange, after: RoomChange): RoomChange {
  return Object.fromEntries(Object.entries(after).filter(([k, v]) => v !== before[k as keyof RoomChange]))
}

interface Props {
  room: Room
  onChange(room: Room): void
  onRemoved?(): void // absent: the room can't be removed from here
  onClose(): void
}

export function RoomSettings({ room, onChange, onRemoved, onClose }: Props) {
  const { form, draft, errors, error, busy, submit } = useForm(settings(room), async (after) => {
    onChange(await changeRoom(room.id, changesOf(settings(room), after)))
    tell(t('ui.room.saved'))
    onClose()
  })
  const asking = useSignal<'' | 'link' | 'remove'>('')
  return (
    <Dialog title={t('ui.room.settings')} onClose={onClose} wide>
      <GuestLink link={room.guest_link} onReplace={() => (asking.value = 'link')} />
      <form ref={form} class="mt-5" onSubmit={(e) => void submit(e)} noValidate>
        <RoomForm room={draft} errors={errors.value} />
        {error.value && (
          <p role="alert" class="text-error mt-3 font-medium">
            {error}
          </p>
        )}
        <div class="bg-base-100 border-base-300 sticky bottom-0 -mx-5 mt-4 flex items-center justify-between gap-3 border-t px-5 py-3 sm:-mx-6 sm:px-6">
          {onRemoved ? (
            <button type="button" class="btn btn-ghost text-error" onClick={() => (asking.value = 'remove')}>
              <Trash2 class="icon" aria-hidden="true" />
              {t('ui.room.remove')}
            </button>
          ) : (
            <span />
          )}
          <button class="btn btn-primary" disabled={busy.value}>
            {t('ui.save')}
          </button>
        </div>
      </form>
      {asking.value === 'link' && <ReplaceLink room={room} onChange={onChange} onClose={() => (asking.value = '')} />}
      {asking.value === 'remove' && (
        <Confirm
          title={t('ui.room.remove.title', { Name: room.name })}
          text={t('ui.room.remove.text')}
          action={t('ui.room.remove')}
          onDo={() => removeRoom(room.id).then(onRemoved)}
          onClose={() => (asking.value = '')}
        />
      )}
    </Dialog>
  )
}

function GuestLink({ link, onReplace }: { link: string; onReplace(): void }) {
  return (
    <section class="bg-base-200 rounded-2xl p-4" aria-label={t('ui.room.link')}>
      <p class="soft text-sm">{t('ui.room.link')}</p>
      <p class="font-semibold wrap-anywhere">{link}</p>
      <div class="mt-2 flex flex-wrap gap-2">
        <Copy what={t('ui.room.link')} text={link} label={t('ui.room.link.copy')} class="btn-sm btn-neutral" />
        <button type="button" class="btn btn-sm btn-ghost" onClick={onReplace}>
          <RefreshCw class="size-4" aria-hidden="true" />
          {t('ui.room.link.replace')}
        </button>
      </div>
    </section>
  )
}

function ReplaceLink({ room, onChange, onClose }: { room: Room; onChange(room: Room): void; onClose(): void }) {
  const remove = useSignal(false)
  const act = async () => {
    const guest_link = await replaceLink(room.id, remove.value)
    onChange({ ...room, guest_link, ways: room.ways && { ...room.ways, link: guest_link } })
    tell(t('ui.room.link.replaced'))
  }
  return (
    <Confirm title={t('ui.room.link.title')} text={t('ui.room.link.text')} action={t('ui.room.link.replace')} onDo={act} onClose={onClose}>
      <label class="mt-3 flex cursor-pointer items-center gap-3 py-2">
        <input type="checkbox" class="checkbox" checked={remove.value} onChange={(e) => (remove.value = e.currentTarget.checked)} />
        {t('ui.room.link.guests')}
      </label>
    </Confirm>
  )
}
