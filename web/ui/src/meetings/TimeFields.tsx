// When a meeting begins and how long it takes.
import { useSignal } from '@preact/signals'
import { region, t } from '../i18n.ts'
import { Select } from '../parts/Choice.tsx'
import { Field } from '../parts/Field.tsx'
import { dayText, durationText, longDay, sameClock, spanText } from './when.ts'
import { instant, ownZone } from './zone.ts'

const usual = [15, 30, 45, 60, 90, 120, 180]

interface Times {
  date: string
  time: string
  duration: number
}

interface Props {
  value: Times
  onChange(change: Partial<Times>): void
  zone: string
  errors: Record<string, string>
}

export function TimeFields({ value: v, onChange, zone, errors }: Props) {
  const free = useSignal(!usual.includes(v.duration))
  const start = v.date && v.time ? instant(`${v.date}T${v.time}`, zone) : Number.NaN
  const choose = (choice: string) => {
    free.value = choice === 'free'
    if (choice !== 'free') onChange({ duration: Number(choice) })
  }
  return (
    <div class="flex flex-col gap-4">
      <div class="grid grid-cols-2 gap-4 sm:grid-cols-3">
        <div class="col-span-2 sm:col-span-1">
          <Field label={t('ui.meetings.date')} type="date" value={v.date} onInput={(date) => onChange({ date })} error={errors.start} name="date" required />
        </div>
        <Field label={t('ui.meetings.time')} type="time" value={v.time} onInput={(time) => onChange({ time })} error={errors.start && !v.time ? errors.start : undefined} name="time" required />
        <Select
          label={t('ui.meetings.duration')}
          value={free.value ? 'free' : String(v.duration)}
          onChange={choose}
          error={free.value ? undefined : errors.duration_min}
          options={[...usual.map((m): [string, string] => [String(m), durationText(m, region)]), ['free', t('ui.meetings.duration.other')]]}
        />
      </div>
      {free.value && (
        <Field
          label={t('ui.meetings.duration.minutes')}
          value={v.duration ? String(v.duration) : ''}
          onInput={(m) => onChange({ duration: Number.parseInt(m, 10) || 0 })}
          error={errors.duration_min}
          inputMode="numeric"
          maxLength={4}
          name="duration_min"
        />
      )}
      <p class="soft figures -mt-1 text-sm" aria-live="polite">
        {Number.isNaN(start) ? '' : reading(start, v.duration, zone)}
      </p>
    </div>
  )
}

/** Read back in words, and in the reader's own time where that is another. */
function reading(start: number, minutes: number, zone: string): string {
  const end = start + minutes * 60_000
  const said = `${longDay(start, zone, region)}, ${spanText(start, end, zone, region)}`
  const own = ownZone()
  if (sameClock(own, zone, start)) return said
  const mine = `${dayText(start, own, region, Date.now())}, ${spanText(start, end, own, region)}`
  return `${said} · ${t('ui.meetings.yourtime', { When: mine })}`
}
