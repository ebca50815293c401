// Sends invitations from here, one message for each. Who could not be read stays in the
// field with the reason; the others are on their way.
import { useSignal } from '@preact/signals'
import { Send } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { whyBad } from '../contacts/bad.ts'
import { Recipients, type Recipient } from '../contacts/Recipients.tsx'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { announce, tell } from '../parts/news.tsx'
import { Problem } from '../api.ts'
import { failed } from '../rooms/session.ts'
import { getInvitation, invite } from './api.ts'
import { LanguageOfText } from './InviteWays.tsx'
import type { Invitation, InvitationText, Invitee, Meeting } from './types.ts'

interface Props {
  meeting: Meeting
  invitees: Invitee[]
  canSms: boolean
  onInvited(): void
  onClose(): void
}

/** Who could be read goes as such; the gateway says what is wrong with the rest. */
export function invitationOf(list: Recipient[], language: string): Invitation {
  const read = list.filter((r) => r.email || r.phone)
  const rest = list.filter((r) => !r.email && !r.phone && r.text)
  return {
    language,
    people: read.map(({ name, email, phone }) => ({ ...(name ? { name } : {}), ...(email ? { email } : {}), ...(phone ? { phone } : {}) })),
    ...(rest.length > 0 ? { text: rest.map((r) => r.text).join('\n') } : {}),
  }
}

export function InviteDialog({ meeting, invitees, canSms, onInvited, onClose }: Props) {
  const list = useSignal<Recipient[]>([])
  const errors = useSignal<Record<number, string>>({})
  const error = useSignal('')
  const done = useSignal('')
  const busy = useSignal(false)
  const lang = useSignal(meeting.language || page.lang)
  const form = useRef<HTMLFormElement>(null)
  const known = invitees.flatMap((i) => [i.email, i.phone]).filter(Boolean)

  async function send() {
    const sent = list.value
    if (sent.length === 0) {
      error.value = t('ui.meetings.send.nobody')
      form.current?.querySelector('input')?.focus()
      return
    }
    const answer = await invite(meeting.id, invitationOf(sent, lang.value))
    list.value = answer.bad.map((b) => ({ text: b.entry }))
    errors.value = Object.fromEntries(answer.bad.map((b, i) => [i, whyBad(b)]))
    const said = [
      answer.added.length > 0 && t('ui.meetings.send.done', { Count: answer.added.length }),
      answer.known.length > 0 && t('ui.meetings.send.known', { Count: answer.known.length }),
    ].filter(Boolean)
    onInvited()
    if (answer.bad.length === 0) {
      tell(said.join(' '))
      return onClose()
    }
    done.value = said.join(' ')
    error.value = t('ui.meetings.send.bad', { Count: answer.bad.length })
    announce([...said, error.value].join(' '), true)
  }

  async function submit(e: Event) {
    e.preventDefault()
    if (busy.value) return
    busy.value = true
    error.value = done.value = ''
    try {
      await send()
    } catch (failure) {
      const text = failure instanceof Problem ? failure.fields.text : undefined
      error.value = text ?? failed(failure)
    }
    busy.value = false
  }

  return (
    <Dialog title={t('ui.meetings.send.title')} onClose={onClose} wide>
      <form ref={form} class="flex flex-col gap-4" onSubmit={(e) => void submit(e)} noValidate>
        <Recipients label={t('ui.meetings.send.to')} value={list.value} onChange={(l) => ((list.value = l), (errors.value = {}))} errors={errors.value} canSms={canSms} known={known} />
        {done.value && <p class="text-success font-medium">{done}</p>}
        {error.value && (
          <p role="alert" class="text-error font-medium">
            {error}
          </p>
        )}
        <LanguageOfText value={lang.value} onChange={(v) => (lang.value = v)} />
        {canSms && list.value.some((r) => r.phone && !r.email) && <SmsText meeting={meeting} lang={lang.value} />}
        <button class="btn btn-primary btn-lg" disabled={busy.value}>
          <Send class="icon" aria-hidden="true" />
          {t('ui.meetings.send.do')}
        </button>
      </form>
    </Dialog>
  )
}

/** What goes by SMS, and how much of a message it is. */
function SmsText({ meeting, lang }: { meeting: Meeting; lang: string }) {
  const text = useSignal<InvitationText | undefined>(undefined)
  useEffect(() => {
    let late = false
    getInvitation(meeting.id, lang).then(
      (i) => !late && (text.value = i),
      () => undefined, // sending will say what is wrong
    )
    return () => (late = true)
  }, [lang])
  const sms = text.value?.sms
  if (!sms) return null
  return (
    <section aria-label={t('ui.meetings.sms')}>
      <p class="soft mb-1.5 text-sm">{t('ui.meetings.sms.size', { Count: sms.segments, Units: sms.units })}</p>
      <p lang={lang} class="bg-base-200 rounded-2xl p-3 text-sm wrap-anywhere">
        {sms.text}
      </p>
    </section>
  )
}
