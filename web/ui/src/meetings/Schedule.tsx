// When a meeting is, date by date, and what changes that.
import { useSignal } from '@preact/signals'
import { CalendarX2, CircleCheckBig, Pencil, Repeat2, Undo2, Users, X } from 'lucide-preact'
import { region, t } from '../i18n.ts'
import { Confirm } from '../parts/Confirm.tsx'
import { tell } from '../parts/news.tsx'
import { go } from '../rooms/route.ts'
import { cancelOccurrence, changeOccurrence } from './api.ts'
import { Part } from './Details.tsx'
import { EditChoice, editPath } from './EditChoice.tsx'
import { EndMeeting } from './EndMeeting.tsx'
import type { View } from './MeetingPage.tsx'
import { StateBadge } from './StateBadge.tsx'
import type { Occurrence } from './types.ts'
import { longDay, shortMoment, spanText, timesOf, whenText, zoneText } from './when.ts'
import { isOver, repeatText } from './words.ts'

/** More dates are there, for who asks. */
const firstShown = 4

export function Schedule(view: View) {
  const { meeting: m, list, onChange } = view
  const asking = useSignal<'' | 'edit' | 'cancel' | 'complete'>('')
  const over = isOver(m.state)
  const repeat = repeatText(m.repeat, m.start, m.zone)
  const edit = () => (m.repeat && m.occurrences?.length ? (asking.value = 'edit') : go(editPath(m.id)))
  return (
    <Part title={t('ui.meetings.when')} beside={<StateBadge state={m.state} />}>
      <Moment {...view} />
      {repeat && (
        <p class="mt-2 flex items-center gap-2">
          <Repeat2 class="icon" aria-hidden="true" />
          {repeat}
        </p>
      )}
      {m.live.count > 0 && (
        <p class="text-primary mt-2 flex items-center gap-2 font-bold">
          <Users class="icon" aria-hidden="true" />
          {t('ui.meetings.now', { Count: m.live.count })}
        </p>
      )}
      {m.note && <p class="mt-3 whitespace-pre-line wrap-anywhere">{m.note}</p>}
      {!over && m.repeat && m.occurrences && m.occurrences.length > 0 && <Dates {...view} occurrences={m.occurrences} />}
      {!over && (
        <div class="mt-5 flex flex-wrap gap-2">
          <button type="button" class="btn btn-soft" onClick={edit}>
            <Pencil class="icon" aria-hidden="true" />
            {t('ui.meetings.edit')}
          </button>
          <button type="button" class="btn btn-soft" onClick={() => (asking.value = 'complete')}>
            <CircleCheckBig class="icon" aria-hidden="true" />
            {t('ui.meetings.complete')}
          </button>
          <button type="button" class="btn btn-ghost text-error" onClick={() => (asking.value = 'cancel')}>
            <CalendarX2 class="icon" aria-hidden="true" />
            {t('ui.meetings.cancel')}
          </button>
        </div>
      )}
      {asking.value === 'edit' && <EditChoice meeting={m} onClose={() => (asking.value = '')} />}
      {(asking.value === 'cancel' || asking.value === 'complete') && (
        <EndMeeting meeting={m} how={asking.value} invited={list?.invitees.length ?? 0} onChange={onChange} onClose={() => (asking.value = '')} />
      )}
    </Part>
  )
}

function Moment({ meeting: m }: View) {
  const { start, end } = timesOf(m)
  const mine = whenText(m, region, Date.now())
  return (
    <>
      <p class="figures text-lg font-bold">{longDay(start, m.zone, region)}</p>
      <p class="figures">
        {spanText(start, end, m.zone, region)} <span class="soft">({zoneText(m.zone, start)})</span>
      </p>
      {mine.there && <p class="soft figures text-sm">{t('ui.meetings.yourtime', { When: mine.main })}</p>}
    </>
  )
}

function Dates({ meeting: m, occurrences, onChange }: View & { occurrences: Occurrence[] }) {
  const cancelling = useSignal<Occurrence | undefined>(undefined)
  const said = (o: Occurrence) => shortMoment(Date.parse(o.start), m.zone, region)
  const restore = async (o: Occurrence) => {
    onChange(await changeOccurrence(m.id, o.original, {}))
    tell(t('ui.meetings.date.restored'))
  }
  const all = useSignal(false)
  const shown = all.value ? occurrences : occurrences.slice(0, firstShown)
  const c = cancelling.value
  return (
    <>
      <h3 class="mt-5 mb-1 font-bold">{t('ui.meetings.dates')}</h3>
      <ul class="rows">
        {shown.map((o) => (
          <li key={o.original} class="flex min-h-12 items-center gap-2 py-1">
            <span class="figures min-w-0 flex-1">
              <span class={o.cancelled ? 'line-through' : ''}>{said(o)}</span>
              {o.title && <span class="soft block text-sm wrap-anywhere">{o.title}</span>}
              {(o.cancelled || o.changed) && <span class={`block text-sm font-semibold ${o.cancelled ? 'text-error' : 'text-primary'}`}>{o.cancelled ? t('ui.meetings.date.cancelled') : t('ui.meetings.date.changed')}</span>}
            </span>
            {(o.cancelled || o.changed) && (
              <button type="button" class="btn btn-ghost btn-square" onClick={() => void restore(o)} aria-label={t('ui.meetings.date.restore', { Date: said(o) })} title={t('ui.meetings.date.restore', { Date: said(o) })}>
                <Undo2 class="icon" aria-hidden="true" />
              </button>
            )}
            {!o.cancelled && (
              <>
                <a class="btn btn-ghost btn-square" href={editPath(m.id, o.original)} aria-label={t('ui.meetings.date.edit', { Date: said(o) })} title={t('ui.meetings.date.edit', { Date: said(o) })}>
                  <Pencil class="icon" aria-hidden="true" />
                </a>
                <button type="button" class="btn btn-ghost btn-square" onClick={() => (cancelling.value = o)} aria-label={t('ui.meetings.date.cancel', { Date: said(o) })} title={t('ui.meetings.date.cancel', { Date: said(o) })}>
                  <X class="icon" aria-hidden="true" />
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
      {shown.length < occurrences.length && (
        <button type="button" class="btn btn-ghost btn-sm mt-1" onClick={() => (all.value = true)}>
          {t('ui.meetings.more')}
        </button>
      )}
      {c && (
        <Confirm
          title={t('ui.meetings.date.cancel.title')}
          text={t('ui.meetings.date.cancel.text', { Date: said(c) })}
          action={t('ui.meetings.date.cancel.do')}
          onDo={async () => {
            onChange(await cancelOccurrence(m.id, c.original))
            tell(t('ui.meetings.date.gone'))
          }}
          onClose={() => (cancelling.value = undefined)}
        />
      )}
    </>
  )
}

