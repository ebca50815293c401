// One leg as the host sees it: talking, muted, hand, codec, quality; and, opened, what can
// be done about it.
import { useSignal } from '@preact/signals'
import { ChevronDown, Hand, Mic, MicOff, Star } from 'lucide-preact'
import { useId } from 'preact/hooks'
import { codecName, kindWords, nameOf } from '../call/words.ts'
import { t } from '../i18n.ts'
import { Avatar } from '../parts/Avatar.tsx'
import { TalkBars } from '../parts/TalkBars.tsx'
import type { Person } from '../signal/types.ts'
import type { Command } from './Console.tsx'
import { LegQuality } from './LegQuality.tsx'
import { RowActions } from './RowActions.tsx'

interface Props {
  person: Person
  you: boolean
  room?: string // absent: it is not ours
  command: Command
}

/** A browser is asked to unmute, a phone is unmuted. */
function muteLabel(p: Person): string {
  const Name = nameOf(p)
  if (!p.muted) return t('ui.console.mute', { Name })
  return p.kind === 'browser' ? t('ui.console.ask', { Name }) : t('ui.console.unmute', { Name })
}

export function RosterRow({ person: p, you, room, command }: Props) {
  const open = useSignal(false)
  const id = useId()
  const talking = p.talking && !p.muted
  const name = nameOf(p)
  return (
    <li class={`rounded-2xl ${open.value ? 'bg-base-200' : ''}`} data-leg={p.id}>
      <div class="flex items-center gap-3 px-2 py-2">
        <Avatar id={p.id} name={p.name} kind={p.kind} size="sm" talking={talking} />
        <div class="min-w-0 flex-1">
          <p class="flex items-center gap-1.5 font-semibold">
            <span class="truncate" title={name}>
              {name}
            </span>
            {you && <span class="soft shrink-0 font-normal">{t('ui.you')}</span>}
            {p.host && <Star class="text-warning size-3.5 shrink-0 fill-current" role="img" aria-label={t('ui.host')} />}
            {p.hand && (
              <span class="bg-accent text-accent-content animate-wave grid size-5 shrink-0 place-items-center rounded-full">
                <Hand class="size-3" role="img" aria-label={t('ui.state.hand')} />
              </span>
            )}
            {talking && (
              <>
                <TalkBars />
                <span class="sr-only">{t('ui.state.talking')}</span>
              </>
            )}
          </p>
          <p class="soft flex items-center gap-1.5 truncate text-sm">
            <LegQuality person={p} />
            <span class="truncate">{[t(kindWords[p.kind]), p.number !== p.name && p.number, codecName(p.codec)].filter(Boolean).join(' · ')}</span>
          </p>
        </div>
        <button
          type="button"
          class={`btn btn-ghost btn-square btn-sm ${p.muted ? 'text-error' : ''}`}
          onClick={() => void command('mute', { who: p.id, on: !p.muted })}
          aria-label={muteLabel(p)}
          title={muteLabel(p)}
        >
          {p.muted ? <MicOff class="icon" aria-hidden="true" /> : <Mic class="icon" aria-hidden="true" />}
        </button>
        <button
          type="button"
          class="btn btn-ghost btn-square btn-sm"
          onClick={() => (open.value = !open.value)}
          aria-expanded={open.value}
          aria-controls={id}
          aria-label={t('ui.console.more', { Name: name })}
        >
          <ChevronDown class={`icon transition-transform ${open.value ? 'rotate-180' : ''}`} aria-hidden="true" />
        </button>
      </div>
      <div id={id} hidden={!open.value}>
        {open.value && <RowActions person={p} you={you} room={room} command={command} />}
      </div>
    </li>
  )
}
