// A meeting in the list: when, how often, who is in it now, the ways into it.
import { LogIn, Repeat2, Users } from 'lucide-preact'
import { region, t } from '../i18n.ts'
import { Copy } from '../parts/Copy.tsx'
import { meetingPath } from '../rooms/route.ts'
import { StateBadge } from './StateBadge.tsx'
import type { Meeting } from './types.ts'
import { timesOf, whenText } from './when.ts'
import { isOver, repeatText } from './words.ts'
import { ownZone } from './zone.ts'

/** A leaf of a calendar; what it shows is also said in words. */
function Leaf({ at }: { at: number }) {
  const show = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(region, { timeZone: ownZone(), ...options }).format(at)
  return (
    <div aria-hidden="true" class="bg-base-200 hidden w-16 shrink-0 flex-col items-center justify-center self-stretch rounded-2xl py-2 min-[30rem]:flex">
      <span class="text-primary text-xs font-bold uppercase">{show({ month: 'short' })}</span>
      <span class="figures text-2xl leading-tight font-bold">{show({ day: 'numeric' }).replace(/\D/g, '')}</span>
      <span class="soft text-xs">{show({ weekday: 'short' })}</span>
    </div>
  )
}

export function MeetingRow({ meeting: m }: { meeting: Meeting }) {
  const when = whenText(m, region, Date.now())
  const repeat = repeatText(m.repeat, m.start, m.zone)
  const over = isOver(m.state)
  const path = meetingPath(m.id)
  return (
    <li class={`sheet flex gap-4 p-4 ${m.state === 'live' ? 'border-primary' : ''}`}>
      <Leaf at={timesOf(m).start} />
      <div class="flex min-w-0 flex-1 flex-col gap-3 md:flex-row md:items-center">
        <div class="flex min-w-0 flex-1 flex-col gap-1">
          <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 class={`min-w-0 text-lg font-bold wrap-anywhere ${m.state === 'cancelled' ? 'line-through' : ''}`}>
              <a href={path} class="hover:underline">
                {m.title}
              </a>
            </h2>
            <StateBadge state={m.state} />
          </div>
          <p class="figures font-medium">{when.main}</p>
          {when.there && <p class="soft figures text-sm">{when.there}</p>}
          <p class="flex flex-wrap gap-x-4 gap-y-1 text-sm">
            {repeat && (
              <span class="soft flex items-center gap-1.5">
                <Repeat2 class="size-4 shrink-0" aria-hidden="true" />
                {repeat}
              </span>
            )}
            {m.live.count > 0 && (
              <span class="text-primary flex items-center gap-1.5 font-bold">
                <Users class="size-4 shrink-0" aria-hidden="true" />
                {t('ui.count', { Count: m.live.count })}
              </span>
            )}
          </p>
        </div>
        <div class="flex flex-wrap gap-2">
          {!over && (
            <>
              <a class={`btn flex-auto ${m.state === 'live' || m.state === 'open' ? 'btn-primary' : 'btn-soft'}`} href={`/rooms/${encodeURIComponent(m.id)}`} aria-label={t('ui.meetings.join.name', { Name: m.title })}>
                <LogIn class="icon" aria-hidden="true" />
                {t('ui.join')}
              </a>
              <Copy what={t('ui.room.link')} text={m.guest_link} label={t('ui.room.link.copy')} class="btn-soft flex-auto" />
            </>
          )}
          <a class="btn btn-soft flex-auto" href={path} aria-label={t('ui.meetings.details.name', { Name: m.title })}>
            {t('ui.meetings.details')}
          </a>
        </div>
      </div>
    </li>
  )
}
