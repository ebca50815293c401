import { t } from '../i18n.ts'
import { inRoom } from '../signal/roster.ts'
import type { Call } from '../signal/call.ts'
import { PersonCard } from './PersonCard.tsx'

/** Oneself first, the others in the order they came: cards that jump are hard to follow. */
export function People({ call }: { call: Call }) {
  const people = inRoom(call.people)
  const own = people.filter((p) => p.id === call.you)
  const others = people.filter((p) => p.id !== call.you)
  return (
    <section aria-label={t('ui.people')} class="mx-auto w-full max-w-5xl">
      <ul class="grid gap-2 sm:grid-cols-[repeat(auto-fill,minmax(10.5rem,1fr))] sm:gap-3">
        {[...own, ...others].map((p) => (
          <PersonCard key={p.id} person={p} you={p.id === call.you} />
        ))}
      </ul>
      {others.length === 0 && <p class="soft mt-6 text-center">{t('ui.alone')}</p>}
    </section>
  )
}
