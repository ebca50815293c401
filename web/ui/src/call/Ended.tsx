// How it ended, and what one can do now.
import { RotateCw } from 'lucide-preact'
import { t, type Key } from '../i18n.ts'
import { page } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { LiveLine } from '../parts/LiveLine.tsx'
import { PhoneWays } from '../parts/PhoneWays.tsx'
import { useArrival } from '../parts/useArrival.ts'
import type { Call } from '../signal/call.ts'
import { useRetry } from './useRetry.ts'

interface Words {
  title: Key
  text: Key
  again?: Key // the word on the button that goes back in
  phone?: boolean // the phone may help
}

const known: Record<string, Words> = {
  left: { title: 'ui.ended.left', text: 'ui.ended.left.text', again: 'ui.ended.rejoin' },
  ended: { title: 'ui.ended.ended', text: 'ui.ended.ended.text' },
  removed: { title: 'ui.ended.removed', text: 'ui.ended.removed.text' },
  full: { title: 'ui.ended.full', text: 'ui.ended.full.text', again: 'ui.ended.again' },
  locked: { title: 'ui.ended.locked', text: 'ui.ended.locked.text', again: 'ui.ended.again' },
  'link-replaced': { title: 'ui.ended.replaced', text: 'ui.ended.replaced.text' },
  'link-ended': { title: 'ui.ended.over', text: 'ui.ended.over.text' },
  denied: { title: 'ui.ended.denied', text: 'ui.ended.denied.text' },
  busy: { title: 'ui.ended.busy', text: 'ui.ended.busy.text', again: 'ui.ended.again', phone: true },
  draining: { title: 'ui.ended.draining', text: 'ui.ended.draining.text', again: 'ui.ended.again', phone: true },
  lost: { title: 'ui.ended.lost', text: 'ui.ended.lost.text', again: 'ui.ended.rejoin', phone: true },
  replaced: { title: 'ui.ended.elsewhere', text: 'ui.ended.elsewhere.text', again: 'ui.ended.here' },
}

const same: Record<string, string> = {
  hangup: 'left',
  over: 'link-ended',
  limit: 'busy',
  'locked-out': 'busy',
  forbidden: 'denied',
  'link-unknown': 'denied',
  unroutable: 'denied',
  timeout: 'lost',
  'session-expired': 'lost',
  unreachable: 'lost',
  internal: 'lost',
}

export function endWords(cause: string): Words {
  return known[same[cause] ?? cause] ?? { title: 'ui.ended.other', text: 'ui.ended.other.text', again: 'ui.ended.again', phone: true }
}

interface Props {
  call: Call
  tries: { current: number } // how often it was tried by itself
  onAgain(): void
}

export function Ended({ call, tries, onAgain }: Props) {
  const heading = useArrival<HTMLHeadingElement>()
  const retry = useRetry(call, tries, onAgain)
  const words = endWords(call.ended?.cause ?? '')
  const ways = call.ways ?? page.ways
  return (
    <div class="stage on-stage flex min-h-dvh flex-col px-5 py-4 lg:px-12 lg:py-8" data-ended={call.ended?.cause}>
      <header>
        <Brand />
      </header>
      <main id="main" tabIndex={-1} class="outline-none mx-auto flex w-full max-w-xl flex-1 flex-col justify-center gap-5 py-6 text-center">
        <LiveLine level={() => 0} idle={0} class="h-10 opacity-60" />
        <div>
          {call.title && <p class="text-stage-soft">{call.title}</p>}
          <h1 ref={heading} tabIndex={-1} class="mt-1 text-3xl font-bold outline-none lg:text-4xl">
            {t(words.title)}
          </h1>
          <p class="text-stage-soft mx-auto mt-3 max-w-md text-lg text-pretty">{t(words.text)}</p>
        </div>
        {retry.value !== undefined && (
          <div class="flex flex-wrap items-center justify-center gap-x-4 gap-y-2" data-retry={retry.value}>
            <p class="figures flex items-center gap-3 font-medium">
              <span class="loading loading-ring" aria-hidden="true" />
              {t('ui.retry.in', { Count: retry.value })}
            </p>
            <button type="button" class="btn btn-stage" onClick={() => (retry.value = undefined)}>
              {t('ui.retry.stop')}
            </button>
          </div>
        )}
        {words.again && (
          <button type="button" class="btn btn-lg btn-wire self-center" onClick={onAgain}>
            <RotateCw class="icon" aria-hidden="true" />
            {t(words.again)}
          </button>
        )}
        {page.page === 'host' && (
          <a class="btn btn-stage btn-lg self-center" href="/">
            {t('ui.rooms.back')}
          </a>
        )}
        {words.phone && ways?.numbers?.length ? (
          <section class="sheet text-base-content p-5 text-left">
            <h2 class="mb-3 font-bold">{t('ui.join.phone')}</h2>
            <PhoneWays ways={ways} />
          </section>
        ) : null}
      </main>
    </div>
  )
}
