// Which is to be changed: one date, or all of them. Asked before anything is typed.
import { useSignal } from '@preact/signals'
import { region, t } from '../i18n.ts'
import { Select } from '../parts/Choice.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { go, meetingPath } from '../rooms/route.ts'
import { Radios } from './RepeatFields.tsx'
import type { Meeting } from './types.ts'
import { shortMoment } from './when.ts'

export const editPath = (id: string, original?: string): string =>
  `${meetingPath(id)}/edit${original ? `?occurrence=${encodeURIComponent(original)}` : ''}`

export function EditChoice({ meeting: m, onClose }: { meeting: Meeting; onClose(): void }) {
  const dates = (m.occurrences ?? []).filter((o) => !o.cancelled)
  const which = useSignal(dates.length > 0 ? 'one' : 'all')
  const date = useSignal(dates[0]?.original ?? '')
  const options: [string, string][] = [
    ['one', t('ui.meetings.edit.one')],
    ['all', t('ui.meetings.edit.all')],
  ]
  return (
    <Dialog title={t('ui.meetings.edit.which')} onClose={onClose}>
      <Radios legend={t('ui.meetings.edit.which')} unseen value={which.value} onChange={(v) => (which.value = v)} options={dates.length > 0 ? options : options.slice(1)} />
      {which.value === 'one' && (
        <div class="mt-3">
          <Select label={t('ui.meetings.edit.date')} value={date.value} onChange={(v) => (date.value = v)} options={dates.map((o): [string, string] => [o.original, shortMoment(Date.parse(o.start), m.zone, region)])} />
        </div>
      )}
      <div class="mt-5 flex flex-wrap justify-end gap-3">
        <button type="button" class="btn btn-soft" onClick={onClose}>
          {t('ui.cancel')}
        </button>
        <button type="button" class="btn btn-primary" onClick={() => go(editPath(m.id, which.value === 'one' ? date.value : undefined))}>
          {t('ui.meetings.edit.go')}
        </button>
      </div>
    </Dialog>
  )
}
