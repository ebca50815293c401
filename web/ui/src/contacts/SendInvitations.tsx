// Sends invitations into a running call. Who could not be read stays in the field with the
// reason; the others are on their way.
import { useSignal } from '@preact/signals'
import { Send } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { ask, Problem } from '../api.ts'
import { t } from '../i18n.ts'
import type { Invited } from '../meetings/types.ts'
import { page } from '../page.ts'
import { announce } from '../parts/news.tsx'
import { problemText } from '../parts/problem.ts'
import { whyBad } from './bad.ts'
import { isGood } from './recipients.ts'
import { Recipients, type Recipient } from './Recipients.tsx'

interface Can {
  can_mail?: boolean
  can_sms?: boolean
  country?: string
}

/** The hosts' page knows what can be sent; a host on a guest link has to ask. */
function useCan(): Can {
  const can = useSignal<Can>(page)
  useEffect(() => {
    if (page.can_mail === undefined) {
      ask<Can>('GET', '/session').then(
        (c) => (can.value = c),
        () => undefined, // nothing is sent then
      )
    }
  }, [])
  return can.value
}

export function SendInvitations({ room }: { room: string }) {
  const can = useCan()
  const list = useSignal<Recipient[]>([])
  const errors = useSignal<Record<number, string>>({})
  const error = useSignal('')
  const done = useSignal('')
  const busy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)

  async function submit(e: Event) {
    e.preventDefault()
    if (busy.value) return
    error.value = done.value = ''
    if (list.value.length === 0) {
      error.value = t('ui.invite.send.nobody')
      form.current?.querySelector('input')?.focus()
      return
    }
    busy.value = true
    try {
      const answer = await ask<Invited>('POST', `/rooms/${encodeURIComponent(room)}/invitees`, bodyOf(list.value, can.country))
      list.value = answer.bad.map((b) => ({ text: b.entry }))
      errors.value = Object.fromEntries(answer.bad.map((b, i) => [i, whyBad(b)]))
      done.value = [
        answer.added.length > 0 && t('ui.invite.sent', { Count: answer.added.length }),
        answer.known.length > 0 && t('ui.invite.known', { Count: answer.known.length }),
      ]
        .filter(Boolean)
        .join(' ')
      announce(done.value)
    } catch (failure) {
      error.value = failure instanceof Problem && failure.fields.text ? failure.fields.text : problemText(failure)
    }
    busy.value = false
  }

  if (!can.can_mail && !can.can_sms) return null
  return (
    <form ref={form} class="border-base-300 mt-4 flex flex-col gap-3 border-y py-4" onSubmit={(e) => void submit(e)} noValidate>
      <Recipients
        label={t('ui.invite.send')}
        value={list.value}
        onChange={(l) => ((list.value = l), (errors.value = {}))}
        errors={errors.value}
        canSms={!!can.can_sms}
        country={can.country}
      />
      {done.value && <p class="text-success font-medium">{done}</p>}
      {error.value && (
        <p role="alert" class="text-error font-medium">
          {error}
        </p>
      )}
      <button class="btn btn-primary self-start" disabled={busy.value}>
        <Send class="icon" aria-hidden="true" />
        {t('ui.invite.send.do')}
      </button>
    </form>
  )
}

/** Who could be read goes as such; the gateway says what is wrong with the rest. */
function bodyOf(list: Recipient[], country = '') {
  const people = list.filter(isGood).map(({ name = '', email = '', phone = '' }) => ({ name, email, phone }))
  const rest = list.filter((r) => !isGood(r)).map((r) => r.text)
  return { people, text: rest.join('\n'), language: page.lang, ...(country ? { country } : {}) }
}
