// One meeting: when, who, every way into it, and what a host does with it. Just after it
// was scheduled the page begins with how to invite.
import { batch, useSignal } from '@preact/signals'
import { ChevronLeft, LogIn } from 'lucide-preact'
import { t } from '../i18n.ts'
import { Problem } from '../api.ts'
import { HostPage } from '../rooms/HostPage.tsx'
import { meetingPath, place } from '../rooms/route.ts'
import { failed } from '../rooms/session.ts'
import { useFresh } from '../rooms/useFresh.ts'
import { getMeeting, listInvitees } from './api.ts'
import { Details } from './Details.tsx'
import { InviteDialog } from './InviteDialog.tsx'
import { Scheduled } from './Scheduled.tsx'
import type { InviteeList, Meeting } from './types.ts'
import { isOver } from './words.ts'

const freshEvery = 3000

/** What the parts of the page share. */
export interface View {
  meeting: Meeting
  list: InviteeList | undefined
  onChange(meeting: Meeting): void
  /** Loads all at once. */
  again(): void
  /** Absent: nothing is sent from here. */
  onSend?(): void
}

export function MeetingPage({ id }: { id: string }) {
  const meeting = useSignal<Meeting | undefined>(undefined)
  const list = useSignal<InviteeList | undefined>(undefined)
  const error = useSignal('')
  const gone = useSignal(false)
  const sending = useSignal(false)
  const { again } = useFresh(async () => {
    if (gone.value) return
    try {
      const [m, l] = await Promise.all([getMeeting(id), listInvitees(id)])
      batch(() => {
        meeting.value = m
        list.value = l
        error.value = ''
      })
    } catch (e) {
      gone.value = e instanceof Problem && e.status === 404
      error.value = gone.value ? t('ui.meetings.gone') : failed(e)
    }
  }, freshEvery)

  const m = meeting.value
  const failure = error.value && (
    <p role="alert" class="sheet text-error mb-4 p-5 font-medium">
      {error}
    </p>
  )
  if (!m || gone.value) return <HostPage title={gone.value ? t('ui.missing') : t('ui.meeting')} lead={<BackToList />}>{failure}</HostPage>
  const can = !isOver(m.state) && (list.value?.can_mail || list.value?.can_sms)
  const view: View = { meeting: m, list: list.value, again, onChange: (next) => (meeting.value = next), onSend: can ? () => (sending.value = true) : undefined }
  const scheduled = place.value.query === '?scheduled' && !isOver(m.state)
  return (
    <>
      <HostPage
        key="meeting"
        title={scheduled ? t('ui.meetings.scheduled', { Title: m.title }) : m.title}
        lead={scheduled ? undefined : <BackToList />}
        narrow={scheduled}
        action={
          scheduled ? (
            <a class="btn btn-stage" href={meetingPath(m.id)}>
              {t('ui.meetings.details')}
            </a>
          ) : (
            !isOver(m.state) && (
              <a class="btn btn-wire btn-lg" href={`/rooms/${encodeURIComponent(m.id)}`}>
                <LogIn class="icon" aria-hidden="true" />
                {t('ui.meetings.join')}
              </a>
            )
          )
        }
      >
        {failure}
        {scheduled ? <Scheduled {...view} /> : <Details {...view} />}
      </HostPage>
      {sending.value && (
        <InviteDialog meeting={m} invitees={list.value?.invitees ?? []} canSms={!!list.value?.can_sms} onInvited={again} onClose={() => (sending.value = false)} />
      )}
    </>
  )
}

export function BackToList() {
  return (
    <a href="/meetings" class="inline-flex min-h-8 items-center gap-1 hover:underline">
      <ChevronLeft class="size-4" aria-hidden="true" />
      {t('ui.meetings')}
    </a>
  )
}

