// Every way into the room on one sheet, to read out, copy, mail or send. The text is the
// gateway's, the same as in every invitation.
import { useSignal } from '@preact/signals'
import { Mail, MessageSquare, Share2 } from 'lucide-preact'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask, Problem } from '../api.ts'
import { t } from '../i18n.ts'
import type { InvitationText } from '../meetings/types.ts'
import { page } from '../page.ts'
import { Copy } from '../parts/Copy.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { problemText } from '../parts/problem.ts'
import type { Ways } from '../signal/types.ts'

interface Props {
  title: string
  ways: Ways
  /** The room's id, for its hosts. */
  room?: string
  onClose(): void
}

type Sender = ComponentType<{ room: string }>

export function Invite({ title, ways, room, onClose }: Props) {
  const text = useSignal<InvitationText | undefined>(undefined)
  const allowed = useSignal(true)
  const error = useSignal('')
  const sender = useSignal<{ Sender: Sender } | undefined>(undefined)
  useEffect(() => {
    const from = room ? `/rooms/${encodeURIComponent(room)}` : `/links/${encodeURIComponent(page.link?.token ?? '')}`
    ask<InvitationText>('GET', `${from}/invitation?lang=${page.lang}`).then(
      (i) => (text.value = i),
      // Who leads without being the room's host has the ways, but no text to hand on.
      (e: unknown) => (e instanceof Problem && e.status === 403 ? (allowed.value = false) : (error.value = problemText(e))),
    )
    // Guests never load it.
    if (room) void import('../contacts/SendInvitations.tsx').then((m) => (sender.value = { Sender: m.SendInvitations }))
  }, [room])
  const Sending = sender.value?.Sender
  const code = page.link ? `/j/${page.link.token}/qr.svg` : ways.link ? new URL(ways.link).pathname + '/qr.svg' : undefined
  return (
    <Dialog title={t('ui.invite.title')} onClose={onClose} wide>
      {allowed.value && <Actions title={title} text={text.value} />}
      {error.value && (
        <p role="alert" class="text-error mt-3 font-medium">
          {error}
        </p>
      )}
      {room && Sending && <Sending room={room} />}
      <div class="mt-3 flex flex-col gap-5 sm:flex-row">
        <WaysIn ways={ways} />
        {code && (
          <figure class="flex shrink-0 flex-col items-center gap-2 self-center sm:self-start sm:pt-4">
            <img src={code} alt={t('ui.ways.qr.alt')} width="160" height="160" class="size-40 rounded-xl bg-white p-2" />
            <figcaption class="soft text-center text-xs">{t('ui.ways.qr')}</figcaption>
          </figure>
        )}
      </div>
    </Dialog>
  )
}

/** What one does with the text; there from the first moment, so that nothing jumps when it comes. */
function Actions({ title, text }: { title: string; text?: InvitationText }) {
  const off = text ? '' : 'btn-disabled'
  return (
    <div class="flex flex-wrap gap-2" aria-busy={!text}>
      <Copy what={t('ui.invite.text')} text={() => text?.text ?? ''} html={() => text?.html ?? ''} label={t('ui.invite.copy')} class={`btn-primary ${off}`} />
      {typeof navigator.share === 'function' && (
        <button type="button" class="btn btn-soft" disabled={!text} onClick={() => void navigator.share({ title, text: text?.text }).catch(() => undefined)}>
          <Share2 class="icon" aria-hidden="true" />
          {t('ui.invite.share')}
        </button>
      )}
      <a class={`btn btn-soft ${off}`} href={text?.mailto}>
        <Mail class="icon" aria-hidden="true" />
        {t('ui.invite.mail')}
      </a>
      <a class={`btn btn-soft ${off}`} href={text && `sms:?&body=${encodeURIComponent(text.short)}`}>
        <MessageSquare class="icon" aria-hidden="true" />
        {t('ui.invite.sms')}
      </a>
    </div>
  )
}

function WaysIn({ ways }: { ways: Ways }) {
  return (
    <dl class="rows min-w-0 flex-1">
      {ways.link && <Way name={t('ui.ways.link')} value={ways.link} />}
      {ways.numbers?.map((n) => (
        <Way key={n.number} name={n.label ? `${t('ui.ways.number')} · ${n.label}` : t('ui.ways.number')} value={n.display} href={n.tel} />
      ))}
      {ways.extension && <Way name={t('ui.ways.extension')} value={ways.extension} />}
      {ways.pin && <Way name={t('ui.ways.pin')} value={ways.pin} />}
      {ways.sip && <Way name={t('ui.ways.sip')} value={ways.sip} also={ways.sip_backup} />}
      {ways.h323 && <Way name={t('ui.ways.h323')} value={ways.h323} also={ways.h323_backup} />}
    </dl>
  )
}

function Way({ name, value, href, also }: { name: string; value: string; href?: string; also?: string }) {
  return (
    <div class="py-2">
      <dt class="soft text-sm">{name}</dt>
      <dd class="figures flex items-center gap-2 font-semibold">
        <span class="min-w-0 flex-1 wrap-anywhere">{href ? <a href={href} class="link inline-block py-0.5">{value}</a> : value}</span>
        <Copy what={name} text={value} class="btn-ghost btn-square -my-3" />
      </dd>
      {also && <dd class="soft figures text-sm wrap-anywhere">{t('ui.ways.backup', { Address: also })}</dd>}
    </div>
  )
}
