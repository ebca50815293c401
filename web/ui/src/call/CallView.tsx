// The call: stage, banners, people, dock; beside it the console of a host.
import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { level as ownLevel } from '../audio/mic.ts'
import { meter } from '../audio/level.ts'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { useArrival } from '../parts/useArrival.ts'
import type { Session } from '../signal/session.ts'
import { AudioSheet } from './AudioSheet.tsx'
import { Banners } from './Banners.tsx'
import { Dock, type Sheet } from './Dock.tsx'
import { Invite } from './Invite.tsx'
import { Keypad } from './Keypad.tsx'
import { useKeys } from './keys.ts'
import { LeaveDialog } from './LeaveDialog.tsx'
import { useHeadset } from './lifecycle.ts'
import { MoreSheet } from './MoreSheet.tsx'
import { MutedTalk } from './MutedTalk.tsx'
import { People } from './People.tsx'
import { Stage } from './Stage.tsx'
import { useSlow, useWide } from './watch.ts'

export interface ConsoleProps {
  session: Session
  room?: string
}

type Console = ComponentType<ConsoleProps>

/** The console is fetched when somebody is host: guests never load it. */
function useConsole(host: boolean): Console | undefined {
  const [loaded, setLoaded] = useState<{ Console: Console }>()
  useEffect(() => {
    if (host) void import('../console/Console.tsx').then((m) => setLoaded({ Console: m.Console }))
  }, [host])
  return loaded?.Console
}

/** The line shows what is heard: the room, and oneself unless muted. */
function useRoomLevel(session: Session): () => number {
  const read = useRef<() => number>(() => 0)
  const stream = session.sound.value
  useEffect(() => {
    if (!stream) return
    const gauge = meter(stream)
    read.current = gauge.read
    return () => {
      read.current = () => 0
      gauge.close()
    }
  }, [stream])
  return () => Math.max(read.current(), session.call.value.muted ? 0 : ownLevel())
}

interface Props {
  session: Session
  room?: string
  onHear(): void
}

export function CallView({ session, room, onHear }: Props) {
  const call = session.call.value
  const sheet = useSignal<Sheet>('')
  const wide = useWide()
  const console = useSignal(wide)
  const host = call.role === 'host'
  const Console = useConsole(host)
  const level = useRoomLevel(session)
  const main = useArrival<HTMLElement>()
  const slow = useSlow(call.media === 'new')
  useKeys(session)
  useHeadset(session, call.title, call.muted)
  const ways = call.ways ?? (host ? page.ways : undefined) ?? undefined
  const close = () => (sheet.value = '')
  const leave = () => (host ? (sheet.value = 'leave') : session.leave())
  const panel = host && Console && console.value

  return (
    <div class="flex h-dvh">
      <div class="flex min-w-0 flex-1 flex-col overflow-y-auto">
        <Stage call={call} level={level} />
        <main ref={main} id="main" tabIndex={-1} aria-label={call.title} class="outline-none flex flex-1 flex-col gap-4 px-3 py-4 sm:px-6">
          <Banners call={call} session={session} slow={slow} onHear={onHear} />
          <People call={call} />
        </main>
        <MutedTalk muted={call.muted} />
        <Dock
          call={call}
          session={session}
          invite={!!ways}
          console={console.value}
          onSheet={(s) => (sheet.value = s)}
          onConsole={() => (console.value = !console.value)}
          onLeave={leave}
        />
      </div>
      {panel && wide && (
        <aside aria-label={t('ui.console')} class="bg-base-100 border-base-300 w-96 shrink-0 overflow-y-auto border-l xl:w-[27rem]">
          <Console session={session} room={room && (call.room ?? room)} />
        </aside>
      )}
      {panel && !wide && (
        <Dialog title={t('ui.console')} onClose={() => (console.value = false)} wide>
          <div class="-mx-5 sm:-mx-6">
            <Console session={session} room={room && (call.room ?? room)} />
          </div>
        </Dialog>
      )}
      {sheet.value === 'invite' && ways && <Invite title={call.title} ways={ways} room={host ? (room ?? call.room) : undefined} onClose={close} />}
      {sheet.value === 'audio' && <AudioSheet onClose={close} />}
      {sheet.value === 'keypad' && <Keypad onKey={session.key} onClose={close} />}
      {sheet.value === 'more' && <MoreSheet invite={!!ways} onSheet={(s) => (sheet.value = s)} onClose={close} />}
      {sheet.value === 'leave' && (
        <LeaveDialog onLeave={session.leave} onEnd={() => (close(), void session.command('end').catch(() => undefined))} onClose={close} />
      )}
    </div>
  )
}
