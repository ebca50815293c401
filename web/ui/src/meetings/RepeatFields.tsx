// How often a meeting is, and until when.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { Select } from '../parts/Choice.tsx'
import { Field } from '../parts/Field.tsx'
import { dayOf, weekdays, type Day, type Every, type Repeat } from './repeat.ts'
import { dayName, monthlyByDate, monthlyByDay, repeatText } from './words.ts'

interface Props {
  value: Repeat
  onChange(repeat: Repeat): void
  date: string
  zone: string
  error?: string
}

const upperFirst = (s: string): string => s.charAt(0).toLocaleUpperCase(page.lang) + s.slice(1)

const units = (): Partial<Record<Every, string>> => ({
  day: t('ui.meetings.interval.days'),
  week: t('ui.meetings.interval.weeks'),
  month: t('ui.meetings.interval.months'),
})

export function RepeatFields({ value: r, onChange, date, zone, error }: Props) {
  const set = (change: Partial<Repeat>) => onChange({ ...r, ...change })
  const unit = units()[r.every]
  const options: [Every, string][] = [
    ['never', t('ui.meetings.repeat.never')],
    ['day', t('ui.meetings.repeat.day')],
    ['workday', t('ui.meetings.every.workday')],
    ['week', t('ui.meetings.repeat.week')],
    ['month', t('ui.meetings.repeat.month')],
  ]
  if (r.kept) options.push(['kept', repeatText(r.kept, date, zone)])
  const start = (every: Every) => set({ every, days: every === 'week' && r.days.length === 0 ? [dayOf(date)] : r.days })
  return (
    <div class="flex flex-col gap-4">
      <Select label={t('ui.meetings.repeat')} value={r.every} onChange={(v) => start(v as Every)} options={options} error={error} />
      {r.every !== 'never' && r.every !== 'kept' && (
        <div class="bg-base-200 flex flex-col gap-5 rounded-2xl p-4">
          {unit && (
            <Field
              label={unit}
              value={r.interval ? String(r.interval) : ''}
              onInput={(v) => set({ interval: Number.parseInt(v, 10) || 0 })}
              inputMode="numeric"
              maxLength={3}
              name="interval"
            />
          )}
          {r.every === 'week' && <Days days={r.days} onChange={(days) => set({ days })} />}
          {r.every === 'month' && (
            <Radios
              legend={t('ui.meetings.monthly')}
              value={r.by}
              onChange={(by) => set({ by: by as Repeat['by'] })}
              options={[
                ['date', upperFirst(monthlyByDate(date))],
                ['weekday', upperFirst(monthlyByDay(date))],
              ]}
            />
          )}
          <Ends repeat={r} set={set} date={date} />
        </div>
      )}
    </div>
  )
}

function Days({ days, onChange }: { days: Day[]; onChange(days: Day[]): void }) {
  return (
    <fieldset>
      <legend class="mb-2 text-sm font-semibold">{t('ui.meetings.days')}</legend>
      <div class="flex flex-wrap gap-2">
        {weekdays.map((day) => {
          const on = days.includes(day)
          return (
            <label key={day} class={`btn has-focus-visible:outline-primary relative px-3 has-focus-visible:outline-3 ${on ? 'btn-primary' : 'btn-soft'}`}>
              <input
                type="checkbox"
                class="absolute inset-0 cursor-pointer opacity-0"
                checked={on}
                onChange={() => onChange(on ? days.filter((d) => d !== day) : [...days, day])}
                aria-label={dayName(day)}
              />
              {dayName(day, 'short')}
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}

interface RadiosProps {
  legend: string
  unseen?: boolean // the legend is said already
  value: string
  options: [value: string, label: string, beside?: ComponentChildren][]
  onChange(value: string): void
}

/** One of a few, each of which may have a field of its own beside it. */
export function Radios({ legend, unseen, value, options, onChange }: RadiosProps) {
  const name = useId()
  return (
    <fieldset>
      <legend class={unseen ? 'sr-only' : 'mb-1 text-sm font-semibold'}>{legend}</legend>
      {options.map(([v, label, beside]) => (
        <div key={v} class="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1">
          <label class="flex min-h-11 cursor-pointer items-center gap-3">
            <input type="radio" class="accent-primary size-5 shrink-0" name={name} value={v} checked={v === value} onChange={() => onChange(v)} />
            {label}
          </label>
          {v === value && beside}
        </div>
      ))}
    </fieldset>
  )
}

function Ends({ repeat: r, set, date }: { repeat: Repeat; set(change: Partial<Repeat>): void; date: string }) {
  return (
    <Radios
      legend={t('ui.meetings.ends')}
      value={r.ends}
      onChange={(ends) => set({ ends: ends as Repeat['ends'], until: r.until || date })}
      options={[
        ['never', t('ui.meetings.ends.never')],
        [
          'on',
          t('ui.meetings.ends.on'),
          <span class="w-44">
            <input type="date" class="input" name="until" value={r.until} min={date} onInput={(e) => set({ until: e.currentTarget.value })} aria-label={t('ui.meetings.ends.on')} />
          </span>,
        ],
        [
          'after',
          t('ui.meetings.ends.after'),
          <span class="w-24">
            <input
              type="text"
              class="input"
              name="count"
              inputMode="numeric"
              maxLength={3}
              value={r.count ? String(r.count) : ''}
              onInput={(e) => set({ count: Number.parseInt(e.currentTarget.value, 10) || 0 })}
              aria-label={t('ui.meetings.ends.count')}
            />
          </span>,
        ],
      ]}
    />
  )
}
