// A room in the list: its number, who is in it, the ways into it.
import { Hourglass, Lock, LogIn, Settings2, Users } from 'lucide-preact'
import type { Room } from '../api.ts'
import { t } from '../i18n.ts'
import { Copy } from '../parts/Copy.tsx'
import { grouped } from '../parts/PhoneWays.tsx'

export function RoomCard({ room, onSettings }: { room: Room; onSettings(): void }) {
  const { count, waiting, locked } = room.live
  const busy = count > 0
  return (
    <li class={`sheet flex flex-col gap-4 p-5 ${busy ? 'border-primary' : ''}`}>
      <div class="flex items-start gap-3">
        <div class="min-w-0 flex-1">
          <h2 class="text-lg font-bold wrap-anywhere">{room.name}</h2>
          <p class="soft figures text-sm">{grouped(room.extension)}</p>
        </div>
        <button type="button" class="btn btn-ghost btn-square -mt-1 -mr-2" onClick={onSettings} aria-label={t('ui.room.settings.of', { Name: room.name })}>
          <Settings2 class="icon" aria-hidden="true" />
        </button>
      </div>
      <p class="flex min-h-6 flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        <span class={`flex items-center gap-1.5 ${busy ? 'text-primary font-bold' : 'soft'}`}>
          <Users class="size-4" aria-hidden="true" />
          {busy ? t('ui.count', { Count: count }) : t('ui.rooms.nobody')}
        </span>
        {waiting > 0 && (
          <span class="bg-accent text-accent-content flex items-center gap-1.5 rounded-full px-2.5 py-0.5 font-semibold">
            <Hourglass class="size-4" aria-hidden="true" />
            {t('ui.rooms.waiting', { Count: waiting })}
          </span>
        )}
        {locked && (
          <span class="flex items-center gap-1.5">
            <Lock class="size-4" aria-hidden="true" />
            {t('ui.locked')}
          </span>
        )}
      </p>
      <div class="mt-auto flex flex-wrap gap-2">
        <a class="btn btn-primary flex-1" href={`/rooms/${encodeURIComponent(room.id)}`} aria-label={t('ui.rooms.enter.name', { Name: room.name })}>
          <LogIn class="icon" aria-hidden="true" />
          {t('ui.rooms.enter')}
        </a>
        <Copy what={t('ui.room.link')} text={room.guest_link} label={t('ui.room.link.copy')} class="btn-soft" />
      </div>
    </li>
  )
}
