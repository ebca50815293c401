// What needs attention above the people: one bar each, most urgent first.
import { Headphones, Mic, RefreshCw, Volume2, WifiOff } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { micState, open } from '../audio/mic.ts'
import { blocked } from '../audio/sink.ts'
import { t } from '../i18n.ts'
import type { Call } from '../signal/call.ts'
import type { Session } from '../signal/session.ts'

function Bar({ icon, text, tone, children }: { icon: ComponentChildren; text: string; tone: string; children?: ComponentChildren }) {
  return (
    <div class={`animate-rise flex flex-wrap items-center gap-x-3 gap-y-2 rounded-2xl px-4 py-3 ${tone}`}>
      {icon}
      <p class="min-w-40 flex-1 font-medium">{text}</p>
      {children}
    </div>
  )
}

interface Props {
  call: Call
  session: Session
  slow: boolean // no sound though we are in for a while
  onHear(): void
}

export function Banners({ call, session, slow, onHear }: Props) {
  const lost = !call.online || call.media === 'down'
  return (
    <div class="mx-auto flex w-full max-w-5xl flex-col gap-2 empty:hidden">
      {lost && (
        <Bar tone="bg-neutral text-neutral-content" icon={<RefreshCw class="icon motion-safe:animate-spin" aria-hidden="true" />} text={t('ui.banner.reconnecting')} />
      )}
      {!lost && slow && <Bar tone="bg-accent text-accent-content" icon={<WifiOff class="icon" aria-hidden="true" />} text={t('ui.banner.blocked')} />}
      {blocked.value && (
        <button type="button" class="btn btn-accent btn-lg w-full gap-3" onClick={onHear}>
          <Volume2 class="size-6" aria-hidden="true" />
          {t('ui.banner.hear')}
        </button>
      )}
      {call.asked && (
        <Bar tone="bg-accent text-accent-content" icon={<Mic class="icon" aria-hidden="true" />} text={t('ui.banner.asked')}>
          <span class="flex gap-2">
            <button type="button" class="btn btn-neutral" onClick={() => (micState.value === 'on' ? session.mute(false) : void open())}>
              {t('ui.unmute')}
            </button>
            <button type="button" class="btn btn-ghost text-accent-content! border-current" onClick={() => session.decline()}>
              {t('ui.banner.stay')}
            </button>
          </span>
        </Bar>
      )}
      {micState.value !== 'on' && micState.value !== 'asking' && (
        <Bar tone="bg-base-100 border border-base-300" icon={<Headphones class="icon" aria-hidden="true" />} text={t('ui.banner.listening')}>
          <button type="button" class="btn btn-neutral" onClick={() => void open()}>
            {t('ui.banner.mic')}
          </button>
        </Bar>
      )}
    </div>
  )
}
