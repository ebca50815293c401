// What one does in a call, at the bottom where the thumb is.
import { Grip, Hand, LogOut, Mic, MicOff, PanelRight, Settings2, UserPlus, VolumeX, Ellipsis } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { micState } from '../audio/mic.ts'
import { t } from '../i18n.ts'
import type { Call } from '../signal/call.ts'
import type { Session } from '../signal/session.ts'
import { waiting } from '../signal/roster.ts'

export type Sheet = '' | 'invite' | 'audio' | 'keypad' | 'more' | 'leave' | 'room'

interface ItemProps {
  label: string
  onClick(): void
  children: ComponentChildren
  tone?: string
  badge?: number
  pressed?: boolean
  keys?: string
  class?: string
}

function Item({ label, onClick, children, tone = 'btn-soft', badge, pressed, keys, class: more = '' }: ItemProps) {
  return (
    <button type="button" onClick={onClick} aria-pressed={pressed} aria-keyshortcuts={keys} class={`group flex w-16 cursor-pointer flex-col items-center gap-1 rounded-2xl py-1 ${more}`}>
      <span class={`btn btn-circle relative size-12 ${tone}`}>
        {children}
        {badge ? (
          <span class="badge badge-sm bg-accent text-accent-content figures absolute -top-1 -right-1 border-0 font-bold">{badge}</span>
        ) : null}
      </span>
      <span class="max-w-full truncate text-xs font-medium">{label}</span>
    </button>
  )
}

interface Props {
  call: Call
  session: Session
  invite: boolean
  console: boolean
  onSheet(sheet: Sheet): void
  onConsole(): void
  onLeave(): void
}

export function Dock({ call, session, invite, console, onSheet, onConsole, onLeave }: Props) {
  const own = call.people.get(call.you)
  const hand = own?.hand ?? false
  const host = call.role === 'host'
  return (
    <nav aria-label={t('ui.controls')} class="bg-base-100 border-base-300 pb-safe sticky bottom-0 z-20 border-t px-1 pt-2">
      <div class="mx-auto flex max-w-3xl items-start justify-center gap-0.5 sm:gap-3">
        <Item label={t(hand ? 'ui.hand.lower' : 'ui.hand.raise')} onClick={() => session.hand(!hand)} pressed={hand} keys="H" tone={hand ? 'bg-accent text-accent-content border-transparent' : 'btn-soft'}>
          <Hand class="icon" aria-hidden="true" />
        </Item>
        {host ? (
          <Item label={t('ui.console')} onClick={onConsole} badge={waiting(call.people).length} pressed={console}>
            <PanelRight class="icon" aria-hidden="true" />
          </Item>
        ) : (
          invite && (
            <Item label={t('ui.invite')} onClick={() => onSheet('invite')}>
              <UserPlus class="icon" aria-hidden="true" />
            </Item>
          )
        )}
        {host && invite && (
          <Item label={t('ui.invite')} onClick={() => onSheet('invite')} class="max-sm:hidden">
            <UserPlus class="icon" aria-hidden="true" />
          </Item>
        )}
        <MuteItem call={call} session={session} onSheet={onSheet} />
        <Item label={t('ui.audio')} onClick={() => onSheet('audio')} class="max-sm:hidden">
          <Settings2 class="icon" aria-hidden="true" />
        </Item>
        <Item label={t('ui.keypad')} onClick={() => onSheet('keypad')} class="max-sm:hidden">
          <Grip class="icon" aria-hidden="true" />
        </Item>
        <Item label={t('ui.more')} onClick={() => onSheet('more')} class="sm:hidden">
          <Ellipsis class="icon" aria-hidden="true" />
        </Item>
        <Item label={t('ui.leave')} onClick={onLeave} tone="btn-soft btn-error">
          <LogOut class="icon" aria-hidden="true" />
        </Item>
      </div>
    </nav>
  )
}

function MuteItem({ call, session, onSheet }: Pick<Props, 'call' | 'session' | 'onSheet'>) {
  const label = t(call.muted ? 'ui.unmute' : 'ui.mute')
  if (micState.value !== 'on') {
    return (
      <button type="button" data-mute="none" class="flex w-20 cursor-pointer flex-col items-center gap-1 rounded-2xl py-1" onClick={() => onSheet('audio')}>
        <span class="btn btn-circle -mt-3 size-15 border-transparent">
          <VolumeX class="size-7" aria-hidden="true" />
        </span>
        <span class="max-w-full truncate text-xs font-medium">{t('ui.mic.off')}</span>
      </button>
    )
  }
  return (
    <button
      type="button"
      data-mute={call.muted ? 'muted' : 'open'}
      aria-keyshortcuts="M"
      class="flex w-20 cursor-pointer flex-col items-center gap-1 rounded-2xl py-1"
      onClick={() => session.mute(!call.muted)}
    >
      <span class={`btn btn-circle -mt-3 size-15 shadow-lg ${call.muted ? 'btn-error' : 'btn-primary'}`}>
        {call.muted ? <MicOff class="size-7" aria-hidden="true" /> : <Mic class="size-7" aria-hidden="true" />}
      </span>
      <span class="max-w-full truncate text-xs font-semibold">{label}</span>
    </button>
  )
}
