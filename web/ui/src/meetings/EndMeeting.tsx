// Cancels a meeting, or marks it complete: both end its link for good.
import { useSignal } from '@preact/signals'
import { t } from '../i18n.ts'
import { Confirm } from '../parts/Confirm.tsx'
import { tell } from '../parts/news.tsx'
import { cancelMeeting, completeMeeting } from './api.ts'
import type { Meeting } from './types.ts'

interface Props {
  meeting: Meeting
  how: 'cancel' | 'complete'
  invited: number
  onChange(meeting: Meeting): void
  onClose(): void
}

export function EndMeeting({ meeting: m, how, invited, onChange, onClose }: Props) {
  const end = useSignal(true)
  const hangUp = end.value && m.live.count > 0
  const act = async () => {
    onChange(how === 'cancel' ? await cancelMeeting(m.id, hangUp) : await completeMeeting(m.id, hangUp))
    tell(how === 'cancel' ? t('ui.meetings.cancelled') : t('ui.meetings.completed'))
  }
  const cancelling = how === 'cancel'
  return (
    <Confirm
      title={cancelling ? t('ui.meetings.cancel.title', { Title: m.title }) : t('ui.meetings.complete.title', { Title: m.title })}
      text={cancelling ? t('ui.meetings.cancel.text') : t('ui.meetings.complete.text')}
      action={cancelling ? t('ui.meetings.cancel') : t('ui.meetings.complete')}
      dismiss={t('ui.meetings.keep')}
      onDo={act}
      onClose={onClose}
    >
      {cancelling && invited > 0 && <p class="mt-3">{t('ui.meetings.cancel.told', { Count: invited })}</p>}
      {m.live.count > 0 && (
        <label class="mt-3 flex cursor-pointer items-center gap-3 py-2">
          <input type="checkbox" class="checkbox" checked={end.value} onChange={(e) => (end.value = e.currentTarget.checked)} />
          {t('ui.meetings.end.now', { Count: m.live.count })}
        </label>
      )}
    </Confirm>
  )
}
