// Changes a meeting: all of its dates, or one.
import { useSignal } from '@preact/signals'
import { Check } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Problem } from '../api.ts'
import { region, t } from '../i18n.ts'
import { Field } from '../parts/Field.tsx'
import { announce, tell } from '../parts/news.tsx'
import { HostPage } from '../rooms/HostPage.tsx'
import { go, meetingPath, place } from '../rooms/route.ts'
import { failed } from '../rooms/session.ts'
import { toFirstMistake, useForm } from '../rooms/useForm.ts'
import { changeMeeting, changeOccurrence, getMeeting } from './api.ts'
import { changes, draftOf, settingsOf } from './draft.ts'
import { hints, MeetingForm } from './MeetingForm.tsx'
import { TimeFields } from './TimeFields.tsx'
import type { Meeting, Occurrence } from './types.ts'
import { shortMoment } from './when.ts'
import { localTime } from './zone.ts'

export function EditPage({ id }: { id: string }) {
  const meeting = useSignal<Meeting | undefined>(undefined)
  const error = useSignal('')
  useEffect(() => {
    getMeeting(id).then(
      (m) => (meeting.value = m),
      (e: unknown) => (error.value = e instanceof Problem && e.status === 404 ? t('ui.meetings.gone') : failed(e)),
    )
  }, [id])
  const original = new URLSearchParams(place.value.query).get('occurrence')
  const m = meeting.value
  const one = m?.occurrences?.find((o) => o.original === original)
  if (m && original && one) return <EditOne meeting={m} occurrence={one} />
  if (m && !original) return <EditAll meeting={m} />
  return (
    <HostPage title={t('ui.meetings.edit.title')} narrow>
      {(error.value || m) && (
        <p role="alert" class="sheet text-error p-5 font-medium">
          {error.value || t('ui.meetings.date.none')}
        </p>
      )}
    </HostPage>
  )
}

function EditAll({ meeting: m }: { meeting: Meeting }) {
  const { form, draft, errors, error, busy, submit } = useForm(draftOf(m), async (after) => {
    const wrong = hints(after)
    if (Object.keys(wrong).length > 0) throw new Problem(422, '', wrong)
    const change = changes(settingsOf(draftOf(m)), settingsOf(after))
    if (Object.keys(change).length > 0) await changeMeeting(m.id, change)
    tell(t('ui.meetings.saved'))
    go(meetingPath(m.id), true)
  })
  const send = async (e: Event) => {
    await submit(e)
    const count = Object.keys(errors.value).length
    if (count > 0) announce(t('ui.meetings.check', { Count: count }), true)
    setTimeout(() => toFirstMistake(form.current))
  }
  return (
    <HostPage key="all" title={m.repeat ? t('ui.meetings.edit.alltitle') : t('ui.meetings.edit.title')} lead={m.title} narrow>
      <form ref={form} class="sheet p-5 sm:p-6" onSubmit={(e) => void send(e)} noValidate>
        <MeetingForm draft={draft} errors={errors.value} />
        <Foot id={m.id} error={error.value} busy={busy.value} invited={m.invited?.invited ?? 0} />
      </form>
    </HostPage>
  )
}

function EditOne({ meeting: m, occurrence: o }: { meeting: Meeting; occurrence: Occurrence }) {
  const start = localTime(m.zone, Date.parse(o.start))
  const minutes = Math.round((Date.parse(o.end) - Date.parse(o.start)) / 60_000)
  const first = { title: o.title ?? '', date: start.slice(0, 10), time: start.slice(11), duration: minutes }
  const { form, draft, errors, error, busy, submit } = useForm(first, async (after) => {
    if (!after.date || !after.time) throw new Problem(422, '', { start: t('ui.meetings.empty.start') })
    const title = after.title.trim()
    await changeOccurrence(m.id, o.original, {
      start: `${after.date}T${after.time}`,
      duration_min: after.duration,
      ...(title && title !== m.title ? { title } : {}),
    })
    tell(t('ui.meetings.saved'))
    go(meetingPath(m.id), true)
  })
  const d = draft.value
  const set = (change: Partial<typeof d>) => (draft.value = { ...draft.value, ...change })
  return (
    <HostPage key="one" title={t('ui.meetings.edit.onetitle')} lead={`${m.title} · ${shortMoment(Date.parse(o.start), m.zone, region)}`} narrow>
      <form ref={form} class="sheet p-5 sm:p-6" onSubmit={(e) => void submit(e)} noValidate>
        <p class="mb-4">{t('ui.meetings.edit.oneonly')}</p>
        <div class="flex flex-col gap-5">
          <Field label={t('ui.meetings.title')} hint={t('ui.meetings.edit.onename', { Title: m.title })} value={d.title} onInput={(title) => set({ title })} error={errors.value.title} maxLength={100} name="title" />
          <TimeFields value={d} onChange={set} zone={m.zone} errors={errors.value} />
        </div>
        <Foot id={m.id} error={error.value} busy={busy.value} invited={m.invited?.invited ?? 0} />
      </form>
    </HostPage>
  )
}

function Foot({ id, error, busy, invited }: { id: string; error: string; busy: boolean; invited: number }): ComponentChildren {
  return (
    <>
      {error && (
        <p role="alert" class="text-error mt-4 font-medium">
          {error}
        </p>
      )}
      {invited > 0 && <p class="soft mt-4 text-sm">{t('ui.meetings.edit.told', { Count: invited })}</p>}
      <div class="border-base-300 -mx-5 mt-4 flex flex-wrap-reverse justify-end gap-3 border-t px-5 pt-5 sm:-mx-6 sm:px-6">
        <a class="btn btn-soft btn-lg" href={meetingPath(id)}>
          {t('ui.cancel')}
        </a>
        <button class="btn btn-primary btn-lg flex-1 sm:flex-none" disabled={busy}>
          <Check class="icon" aria-hidden="true" />
          {t('ui.save')}
        </button>
      </div>
    </>
  )
}
