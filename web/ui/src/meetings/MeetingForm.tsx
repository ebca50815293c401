// What a meeting is: title and time first, all else has an answer already.
import type { Signal } from '@preact/signals'
import { ChevronDown, RefreshCw } from 'lucide-preact'
import { t } from '../i18n.ts'
import { Field } from '../parts/Field.tsx'
import { drawPIN, inZone, type Draft } from './draft.ts'
import { MoreFields } from './MoreFields.tsx'
import { RepeatFields } from './RepeatFields.tsx'
import { firstDay, moved } from './repeat.ts'
import { TimeFields } from './TimeFields.tsx'
import { instant } from './zone.ts'
import { ZonePicker } from './ZonePicker.tsx'

interface Props {
  draft: Signal<Draft>
  errors: Record<string, string>
  isNew?: boolean
}

export function MeetingForm({ draft, errors, isNew = false }: Props) {
  const d = draft.value
  const set = (change: Partial<Draft>) => (draft.value = { ...draft.value, ...change })
  return (
    <div class="flex flex-col gap-5">
      <Field label={t('ui.meetings.title')} value={d.title} onInput={(title) => set({ title })} error={errors.title ?? errors.name} maxLength={100} name="title" required />
      <TimeFields value={d} onChange={(v) => set({ ...v, ...(v.date ? { repeat: moved(d.repeat, d.date, v.date) } : {}) })} zone={d.zone} errors={errors} />
      <ZonePicker value={d.zone} onChange={(zone) => set(isNew ? inZone(d, zone, Date.now()) : { zone })} at={instant(`${d.date}T${d.time}`, d.zone)} error={errors.zone} />
      <RepeatFields value={d.repeat} onChange={(repeat) => set({ repeat, date: firstDay(repeat, d.date) })} date={d.date} zone={d.zone} error={errors.repeat} />
      <Field
        label={t('ui.room.pin')}
        hint={t('ui.room.pin.help')}
        value={d.pin}
        onInput={(pin) => set({ pin })}
        error={errors.pin}
        inputMode="numeric"
        maxLength={12}
        name="pin"
        after={
          <button type="button" class="btn btn-soft btn-square btn-lg" onClick={() => set({ pin: drawPIN() })} aria-label={t('ui.meetings.pin.other')} title={t('ui.meetings.pin.other')}>
            <RefreshCw class="icon" aria-hidden="true" />
          </button>
        }
      />
      <details class="border-base-300 group -mx-5 border-t px-5 sm:-mx-6 sm:px-6">
        <summary class="-mx-2 flex cursor-pointer list-none items-center gap-3 rounded-2xl px-2 py-4 [&::-webkit-details-marker]:hidden">
          <span class="flex-1">
            <span class="block font-semibold">{t('ui.meetings.moresettings')}</span>
            <span class="soft block text-sm">{t('ui.meetings.moresettings.help')}</span>
          </span>
          <ChevronDown class="icon transition-transform group-open:rotate-180" aria-hidden="true" />
        </summary>
        <div class="pt-2 pb-1">
          <MoreFields draft={d} set={set} errors={errors} isNew={isNew} />
        </div>
      </details>
    </div>
  )
}

/** What the page knows to be wrong without asking. */
export function hints(d: Draft): Record<string, string> {
  const wrong: Record<string, string> = {}
  if (!d.title.trim()) wrong.title = t('ui.meetings.empty.title')
  if (!d.date || !d.time) wrong.start = t('ui.meetings.empty.start')
  if (!(d.duration > 0)) wrong.duration_min = t('ui.meetings.wrong.duration')
  const { every, ends, interval, count, until } = d.repeat
  const repeats = every !== 'never' && every !== 'kept'
  if (repeats && (interval < 1 || (ends === 'after' && count < 1) || (ends === 'on' && !(until >= d.date)))) wrong.repeat = t('ui.meetings.wrong.repeat')
  return wrong
}
