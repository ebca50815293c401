// The top of the call: which meeting, who talks, how the line is.
import { Lock, Users } from 'lucide-preact'
import { t } from '../i18n.ts'
import { LiveLine } from '../parts/LiveLine.tsx'
import type { Call } from '../signal/call.ts'
import { inRoom } from '../signal/roster.ts'
import { QualityButton } from './QualityButton.tsx'
import { few, nameOf } from './words.ts'

export function talkers(call: Call): string {
  const talking = inRoom(call.people).filter((p) => p.talking && !p.muted)
  talking.sort((a, b) => Number(b.id === call.you) - Number(a.id === call.you)) // "You and Ada"
  return few(talking.map((p) => (p.id === call.you ? t('ui.you.capital') : nameOf(p))))
}

export function Stage({ call, level }: { call: Call; level: () => number }) {
  const count = inRoom(call.people).length
  const who = talkers(call)
  return (
    <header class="stage on-stage sticky top-0 z-20 shrink-0 overflow-hidden px-4 pt-3 pb-2 sm:px-6">
      <div class="flex items-center justify-between gap-3">
        <div class="min-w-0">
          <h1 class="truncate text-lg font-bold sm:text-xl">{call.title}</h1>
          <p class="text-stage-soft flex items-center gap-3 text-sm">
            <span class="flex items-center gap-1.5">
              <Users class="size-4" aria-hidden="true" />
              {t('ui.count', { Count: count })}
            </span>
            {call.locked && (
              <span class="flex items-center gap-1.5">
                <Lock class="size-4" aria-hidden="true" />
                {t('ui.locked')}
              </span>
            )}
          </p>
        </div>
        <QualityButton call={call} />
      </div>
      <div class="relative">
        <LiveLine level={level} class="h-16 sm:h-20" />
        <p class="absolute inset-0 grid place-items-center px-4 text-center" data-talkers>
          <span class={`bg-stage-deep/70 max-w-full truncate rounded-full px-4 py-1 ${who ? 'text-wire text-lg font-bold' : 'text-stage-soft text-sm'}`}>
            {who || t('ui.quiet')}
          </span>
        </p>
      </div>
    </header>
  )
}
