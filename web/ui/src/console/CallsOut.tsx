// Who is being called, how far that has come, and what can be done about it.
import { Phone, PhoneOff, RotateCcw, X } from 'lucide-preact'
import { t } from '../i18n.ts'
import { calledName, callText, underWay } from './calls.ts'
import type { Calls } from './useCalls.ts'

export function CallsOut({ calls }: { calls: Calls }) {
  const list = calls.list.value
  if (list.length === 0) return null
  return (
    <section aria-label={t('ui.calls.list')} class="border-base-300 bg-base-200 mx-3 rounded-2xl border p-3">
      <h3 class="pb-1 font-bold">{t('ui.calls.list')}</h3>
      <ul class="flex flex-col gap-1">
        {list.map((c) => {
          const Name = calledName(c)
          const failed = !underWay(c)
          return (
            <li key={c.id} class="flex min-h-12 items-center gap-3" data-call={c.id} data-state={c.state}>
              <span class={`grid size-9 shrink-0 place-items-center rounded-full ${failed ? 'bg-error/12 text-error' : 'bg-primary/12 text-primary'}`}>
                {failed ? <PhoneOff class="size-4" aria-hidden="true" /> : <Phone class="size-4 motion-safe:animate-pulse" aria-hidden="true" />}
              </span>
              <div class="min-w-0 flex-1">
                <p class="truncate font-semibold" title={c.to}>
                  {Name}
                </p>
                <p class={`text-sm ${failed ? 'text-error font-medium' : 'soft'}`}>{callText(c)}</p>
              </div>
              {failed && (
                <button type="button" class="btn btn-sm btn-soft" onClick={() => void calls.again(c)} aria-label={t('ui.calls.again.name', { Name })}>
                  <RotateCcw class="size-4" aria-hidden="true" />
                  {t('ui.calls.again')}
                </button>
              )}
              <button
                type="button"
                class="btn btn-sm btn-ghost btn-square"
                onClick={() => void calls.drop(c)}
                aria-label={t(failed ? 'ui.calls.forget' : 'ui.calls.cancel', { Name })}
                title={t(failed ? 'ui.calls.forget' : 'ui.calls.cancel', { Name })}
              >
                <X class="size-4" aria-hidden="true" />
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
