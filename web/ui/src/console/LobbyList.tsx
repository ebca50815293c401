// Who waits to be let in.
import { Check, X } from 'lucide-preact'
import { nameOf, kindWords } from '../call/words.ts'
import { t } from '../i18n.ts'
import { Avatar } from '../parts/Avatar.tsx'
import type { Person } from '../signal/types.ts'
import type { Command } from './Console.tsx'

export function LobbyList({ people, command }: { people: Person[]; command: Command }) {
  if (people.length === 0) return null
  return (
    <section aria-label={t('ui.console.lobby')} class="border-accent bg-accent/12 mx-3 rounded-2xl border p-3">
      <div class="flex items-center justify-between gap-3 pb-2">
        <h3 class="font-bold">{t('ui.console.waiting', { Count: people.length })}</h3>
        {people.length > 1 && (
          <button type="button" class="btn btn-sm btn-primary" onClick={() => void command('admit-all')}>
            {t('ui.console.admitall')}
          </button>
        )}
      </div>
      <ul class="flex flex-col gap-2">
        {people.map((p) => (
          <li key={p.id} class="flex items-center gap-3" data-waiting={p.id}>
            <Avatar id={p.id} name={p.name} kind={p.kind} size="sm" />
            <div class="min-w-0 flex-1">
              <p class="truncate font-semibold">{nameOf(p)}</p>
              <p class="soft text-sm">{t(kindWords[p.kind])}</p>
            </div>
            <button type="button" class="btn btn-sm btn-ghost btn-square" onClick={() => void command('remove', { who: p.id })} aria-label={t('ui.console.refuse', { Name: nameOf(p) })}>
              <X class="size-4" aria-hidden="true" />
            </button>
            <button type="button" class="btn btn-sm btn-primary" onClick={() => void command('admit', { who: p.id })} aria-label={t('ui.console.admit.name', { Name: nameOf(p) })}>
              <Check class="size-4" aria-hidden="true" />
              {t('ui.console.admit')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
