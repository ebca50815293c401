// A meeting that has not opened: when it does, here and there, and how else to come.
import { CalendarPlus, LogIn } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n.ts'
import { longDay, sameClock, shortMoment, spanText, zoneText } from '../meetings/when.ts'
import { ownZone } from '../meetings/zone.ts'
import { page, type Link } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { LanguageChoice, ThemeButton } from '../parts/Look.tsx'
import { announce, LiveRegions } from '../parts/news.tsx'
import { PhoneWays } from '../parts/PhoneWays.tsx'
import { useArrival } from '../parts/useArrival.ts'
import { leftText, parts, saidAt, unitName } from './opening.ts'
import { mayBeHost, useOpening } from './useOpening.ts'

interface Props {
  first: Link
  onOpen(link: Link): void
  /** A host need not wait. */
  onHost(): void
}

export function Early({ first, onOpen, onHost }: Props) {
  const heading = useArrival<HTMLHeadingElement>()
  const { left, link } = useOpening(first, onOpen)
  const { title, token } = link.value
  useEffect(() => {
    document.title = `${title} · Partyline`
  }, [title])
  useEffect(() => {
    if (left.value > 0) announce(t('ui.early.left', { Left: leftText(left.value, page.lang) }))
    return left.subscribe((ms) => saidAt(ms) && announce(t('ui.early.left', { Left: leftText(ms, page.lang) })))
  }, [])
  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[1.15fr_1fr]">
      <LiveRegions />
      <header class="stage on-stage flex flex-col px-5 pt-4 pb-14 lg:min-h-dvh lg:px-12 lg:py-8">
        <div class="flex items-center justify-between">
          <Brand />
          <div class="flex gap-1">
            <LanguageChoice class="btn-stage" />
            <ThemeButton class="btn-stage" />
          </div>
        </div>
        <div class="mx-auto flex w-full max-w-2xl flex-1 flex-col items-center justify-center gap-8 pt-8 text-center lg:pt-0">
          <div>
            <p class="text-stage-soft text-sm lg:text-base">{t('ui.early.lead')}</p>
            <h1 ref={heading} tabIndex={-1} class="mt-1 text-3xl font-bold wrap-anywhere outline-none lg:text-5xl">
              {title}
            </h1>
          </div>
          <Countdown ms={left.value} />
        </div>
      </header>
      <main id="main" tabIndex={-1} class="bg-base-200 relative -mt-6 rounded-t-3xl px-5 pt-6 pb-10 outline-none lg:mt-0 lg:flex lg:items-center lg:rounded-none lg:px-12">
        <div class="mx-auto flex w-full max-w-md flex-col gap-5">
          <When link={link.value} />
          <a class="btn btn-primary btn-lg" href={`/api/v1/links/${encodeURIComponent(token)}/invitation.ics?lang=${page.lang}`} download>
            <CalendarPlus class="icon" aria-hidden="true" />
            {t('ui.early.calendar')}
          </a>
          {mayBeHost() && (
            <button type="button" class="btn btn-soft btn-lg" onClick={onHost}>
              <LogIn class="icon" aria-hidden="true" />
              {t('ui.early.host')}
            </button>
          )}
          {page.ways?.numbers?.length ? (
            <section class="sheet p-5" aria-labelledby="early-phone">
              <h2 id="early-phone" class="mb-3 font-bold">
                {t('ui.early.phone')}
              </h2>
              <PhoneWays ways={page.ways} code={`/j/${token}/qr.svg`} />
            </section>
          ) : null}
        </div>
      </main>
    </div>
  )
}

/** In the guest's own time, with the meeting's beside it where they differ. */
function When({ link }: { link: Link }) {
  const [start, end, opens] = [link.starts_at, link.ends_at, link.opens_at].map((s) => Date.parse(s ?? ''))
  if (!start || !end || !opens) return null
  const zone = ownZone()
  const theirs = link.zone && !sameClock(link.zone, zone, start) ? link.zone : ''
  const clock = new Intl.DateTimeFormat(page.lang, { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  return (
    <div class="sheet flex flex-col gap-2 p-5">
      <p>
        <span class="block text-lg font-bold">{longDay(start, zone, page.lang)}</span>
        <span class="figures block text-lg font-bold">{spanText(start, end, zone, page.lang)}</span>
        <span class="soft text-sm">{t('ui.early.yours', { Zone: zoneText(zone, start) })}</span>
      </p>
      {theirs && (
        <p class="soft figures text-sm">
          {t('ui.early.theirs', { Time: `${shortMoment(start, theirs, page.lang)}`, Zone: zoneText(theirs, start) })}
        </p>
      )}
      <p>{t('ui.early.opens', { Time: opens - Date.now() > 18 * 3600_000 ? shortMoment(opens, zone, page.lang) : clock.format(opens) })}</p>
    </div>
  )
}

/** Moves every second for the eye; screen readers are told now and then (see saidAt). */
function Countdown({ ms }: { ms: number }) {
  if (!(ms > 0)) return <p class="text-stage-soft text-xl">{t('ui.early.now')}</p>
  const all = parts(ms)
  const from = all[0] > 0 ? 0 : all[1] > 0 ? 1 : 2
  return (
    <div>
      <p class="text-stage-soft mb-2">{t('ui.early.countdown')}</p>
      <p class="sr-only">{leftText(ms - (ms % 60_000) + 60_000, page.lang)}</p>
      <div class="flex justify-center gap-2 sm:gap-3" aria-hidden="true">
        {all.map((n, i) =>
          i < from ? null : (
            <span key={i} class="flex min-w-16 flex-col rounded-2xl bg-white/10 px-3 py-2 sm:min-w-20">
              <span class="figures text-3xl font-bold lg:text-4xl">{n}</span>
              <span class="text-stage-soft text-xs sm:text-sm">{unitName(i, n, page.lang)}</span>
            </span>
          ),
        )}
      </div>
    </div>
  )
}
