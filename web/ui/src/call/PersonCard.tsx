// Somebody in the call: a row on a phone, a card on a laptop.
import { Hand, MicOff, Star } from 'lucide-preact'
import { t } from '../i18n.ts'
import { Avatar } from '../parts/Avatar.tsx'
import { TalkBars } from '../parts/TalkBars.tsx'
import type { Person } from '../signal/types.ts'
import { kindWords, nameOf } from './words.ts'

/** A browser is what one expects here; the other kinds are worth a word. */
function subtitle(p: Person): string {
  return [p.host && t('ui.host'), p.kind !== 'browser' && p.name && t(kindWords[p.kind])].filter(Boolean).join(' · ')
}

export function PersonCard({ person: p, you }: { person: Person; you: boolean }) {
  const name = nameOf(p)
  const talking = p.talking && !p.muted
  const frame = talking ? 'border-primary ring-primary ring-2' : 'border-base-300'
  return (
    <li
      data-person={p.id}
      data-talking={talking || undefined}
      class={`bg-base-100 relative flex items-center gap-3 min-h-16 rounded-2xl border p-3 transition-shadow sm:flex-col sm:px-3 sm:pt-6 sm:pb-4 sm:text-center ${frame}`}
    >
      <span class="sm:hidden">
        <Avatar id={p.id} name={name} kind={p.kind} size="sm" />
      </span>
      <span class="hidden sm:block">
        <Avatar id={p.id} name={name} kind={p.kind} size="lg" />
      </span>
      <div class="min-w-0 flex-1 sm:w-full">
        <p class="truncate font-semibold" title={name}>
          {name}
          {you && <span class="soft font-normal"> {t('ui.you')}</span>}
        </p>
        <p class="soft flex items-center gap-1 text-sm sm:min-h-5 sm:justify-center">
          {p.host && <Star class="text-warning size-3.5 fill-current" aria-hidden="true" />}
          <span class="truncate">{subtitle(p)}</span>
        </p>
      </div>
      <div class="flex items-center gap-2 sm:absolute sm:inset-x-3 sm:top-3">
        {p.hand && (
          <span class="bg-accent text-accent-content animate-wave grid size-7 place-items-center rounded-full">
            <Hand class="size-4" aria-hidden="true" />
            <span class="sr-only">{t('ui.state.hand')}</span>
          </span>
        )}
        {p.muted && (
          <span class="text-error grid size-7 place-items-center sm:ml-auto">
            <MicOff class="size-5" aria-hidden="true" />
            <span class="sr-only">{t('ui.state.muted')}</span>
          </span>
        )}
        {talking && (
          <span class="grid size-7 place-items-center sm:ml-auto">
            <TalkBars />
            <span class="sr-only">{t('ui.state.talking')}</span>
          </span>
        )}
      </div>
    </li>
  )
}
