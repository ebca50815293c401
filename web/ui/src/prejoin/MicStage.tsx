// The live line with the microphone's button on it, and in words what it shows.
import { signal } from '@preact/signals'
import { Mic, MicOff } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { level, micState, open } from '../audio/mic.ts'
import { t, type Key } from '../i18n.ts'
import { LiveLine } from '../parts/LiveLine.tsx'

/** Whether the person wants to come in muted. */
export const joinMuted = signal(false)
const heardYou = signal(false)

const words: Record<string, Key> = {
  idle: 'ui.mic.idle',
  asking: 'ui.mic.asking',
  denied: 'ui.mic.denied',
  missing: 'ui.mic.missing',
  busy: 'ui.mic.busy',
  insecure: 'ui.mic.none',
  unsupported: 'ui.mic.none',
}

function status(): string {
  if (micState.value !== 'on') return t(words[micState.value] ?? 'ui.mic.none')
  if (joinMuted.value) return t('ui.mic.muted')
  return t(heardYou.value ? 'ui.mic.heard' : 'ui.mic.say')
}

function useHearing(): void {
  useEffect(() => {
    const look = setInterval(() => {
      if (level() > 0.35) heardYou.value = true
    }, 100)
    return () => clearInterval(look)
  }, [])
}

export function MicStage() {
  useHearing()
  const on = micState.value === 'on'
  const muted = on && joinMuted.value
  const Icon = on && !muted ? Mic : MicOff
  const press = () => (on ? (joinMuted.value = !joinMuted.value) : void open())
  const label = !on ? t('ui.mic.allow') : muted ? t('ui.unmute') : t('ui.mute')
  return (
    <div class="w-full">
      <div class="relative grid place-items-center">
        <LiveLine level={() => (muted ? 0 : level())} class="h-28 lg:h-40" />
        <button
          type="button"
          class={`absolute grid size-18 cursor-pointer place-items-center rounded-full shadow-xl transition-colors lg:size-20 ${on && !muted ? 'bg-wire text-stage-deep hover:bg-white' : 'bg-white text-[#a3231f] hover:bg-[#ffe9e6]'}`}
          onClick={press}
          aria-label={label}
          title={label}
          disabled={micState.value === 'insecure' || micState.value === 'unsupported'}
        >
          <Icon class="size-8" aria-hidden="true" />
        </button>
      </div>
      <p role="status" class="text-stage-soft mt-2 min-h-6 text-center text-[0.95rem]">
        {status()}
      </p>
    </div>
  )
}
