// It is made: now the others have to know.
import { CircleCheck, Repeat2 } from 'lucide-preact'
import { region, t } from '../i18n.ts'
import { meetingPath } from '../rooms/route.ts'
import { InviteWays } from './InviteWays.tsx'
import type { View } from './MeetingPage.tsx'
import { longDay, spanText, timesOf, zoneText } from './when.ts'
import { repeatText } from './words.ts'

export function Scheduled({ meeting: m, list, onSend }: View) {
  const { start, end } = timesOf(m)
  const repeat = repeatText(m.repeat, m.start, m.zone)
  const count = list?.invitees.length ?? 0
  return (
    <div class="sheet flex flex-col gap-6 p-5 sm:p-6">
      <div class="flex items-start gap-4">
        <CircleCheck class="text-success size-9 shrink-0" aria-hidden="true" />
        <div class="min-w-0">
          <p class="figures text-lg font-bold">{longDay(start, m.zone, region)}</p>
          <p class="figures">
            {spanText(start, end, m.zone, region)} <span class="soft">({zoneText(m.zone, start)})</span>
          </p>
          {repeat && (
            <p class="soft flex items-center gap-1.5 text-sm">
              <Repeat2 class="size-4 shrink-0" aria-hidden="true" />
              {repeat}
            </p>
          )}
        </div>
      </div>
      <section aria-labelledby="invite">
        <h2 id="invite" class="mb-3 text-xl font-bold">
          {t('ui.meetings.invite')}
        </h2>
        {count > 0 && (
          <p class="mb-3" role="status">
            {t('ui.meetings.invited', { Count: count })}{' '}
            <a class="link" href={meetingPath(m.id)}>
              {t('ui.meetings.invited.see')}
            </a>
          </p>
        )}
        <InviteWays meeting={m} onSend={onSend} open />
      </section>
    </div>
  )
}
