// The host's console: who waits, who is there and how they sound, and what a host may do.
import { useSignal } from '@preact/signals'
import { Lock, LockOpen, MicOff, PhoneOutgoing, Settings2 } from 'lucide-preact'
import type { ConsoleProps } from '../call/CallView.tsx'
import { errorText } from '../call/words.ts'
import { t } from '../i18n.ts'
import { tell } from '../parts/news.tsx'
import { RoomSettings } from '../rooms/RoomSettings.tsx'
import { inRoom, waiting } from '../signal/roster.ts'
import type { Session } from '../signal/session.ts'
import { CallDialog } from './CallDialog.tsx'
import { CallsOut } from './CallsOut.tsx'
import { LobbyList } from './LobbyList.tsx'
import { RosterRow } from './RosterRow.tsx'
import { useCalls } from './useCalls.ts'
import { useRoom } from './useRoom.ts'

export type Command = Session['command']

/** Sends a command; a refusal is shown, nothing else needs it. */
export function told(session: Session): Command {
  return (what, more) =>
session.command(what, more).catch((e: Error) => tell(errorText(e.message), 'warn'))
}

export function Console({ session, room: id }: ConsoleProps) {
  const call = session.call.value
  const command = told(session)
  const room = useRoom(id)
  const settings = useSignal(false)
  const calling = useSignal(false)
  const calls = useCalls(room.value?.id)
  const people = inRoom(call.people)
  const hands = people.filter((p) => p.hand)
  const rest = people.filter((p) => !p.hand)
  return (
    <div class="flex flex-col gap-4 pb-4">
      <div class="bg-base-100 border-base-300 border-b px-4 pb-3 lg:sticky lg:top-0 lg:z-10 lg:pt-4">
        <h2 class="mb-3 text-lg font-bold max-lg:sr-only">{t('ui.console')}</h2>
        <div class="flex flex-wrap gap-2">
          <button type="button" class="btn btn-soft btn-sm" onClick={() => void command('mute-all')}>
            <MicOff class="size-4" aria-hidden="true" />
            {t('ui.console.muteall')}
          </button>
          <button type="button" class={`btn btn-sm ${call.locked ? 'btn-neutral' : 'btn-soft'}`} aria-pressed={call.locked} onClick={() => void command('lock', { on: !call.locked })}>
            {call.locked ? <LockOpen class="size-4" aria-hidden="true" /> : <Lock class="size-4" aria-hidden="true" />}
            {t(call.locked ? 'ui.console.unlock' : 'ui.console.lock')}
          </button>
          {room.value && (
            <button type="button" class="btn btn-soft btn-sm" onClick={() => (calling.value = true)}>
              <PhoneOutgoing class="size-4" aria-hidden="true" />
              {t('ui.calls.call')}
            </button>
          )}
          {room.value && (
            <button type="button" class="btn btn-soft btn-sm" onClick={() => (settings.value = true)}>
              <Settings2 class="size-4" aria-hidden="true" />
              {t('ui.console.room')}
            </button>
          )}
        </div>
      </div>
      <CallsOut calls={calls} />
      <LobbyList people={waiting(call.people)} command={command} />
      <div class="px-2">
        <h3 class="soft px-2 pb-1 text-sm font-semibold">{t('ui.count', { Count: people.length })}</h3>
        <ul class="flex flex-col">
          {[...hands, ...rest].map((p) => (
            <RosterRow key={p.id} person={p} you={p.id === call.you} room={room.value?.id} command={command} />
          ))}
        </ul>
      </div>
      {calling.value && <CallDialog calls={calls} onClose={() => (calling.value = false)} />}
      {settings.value && room.value && <RoomSettings room={room.value} onChange={(r) => (room.value = r)} onClose={() => (settings.value = false)} />}
    </div>
  )
}
