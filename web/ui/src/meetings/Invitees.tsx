// Who is invited: whether the invitation has reached them, and where they are now.
import { useSignal } from '@preact/signals'
import { CircleAlert, Clock, Copy, Eye, Hourglass, Mail, MailCheck, MessageSquare, RotateCcw, Trash2, UserCheck, UserPlus, LogOut, type LucideIcon } from 'lucide-preact'
import { region, t } from '../i18n.ts'
import { page } from '../page.ts'
import { Avatar } from '../parts/Avatar.tsx'
import { Confirm } from '../parts/Confirm.tsx'
import { copy } from '../parts/Copy.tsx'
import { tell } from '../parts/news.tsx'
import { failed } from '../rooms/session.ts'
import { getInvitation, resend, uninvite } from './api.ts'
import { Part } from './Details.tsx'
import type { View } from './MeetingPage.tsx'
import type { Delivery, Invitee, Presence } from './types.ts'
import { ago } from './when.ts'
import { channelText, deliveryText, isOver, presenceText } from './words.ts'

const icons: Record<Presence, LucideIcon> = { invited: Mail, opened: Eye, waiting: Hourglass, joined: UserCheck, left: LogOut }
const looks: Record<Presence, string> = {
  invited: 'bg-base-200',
  opened: 'bg-base-200',
  waiting: 'bg-accent text-accent-content',
  joined: 'bg-primary text-primary-content',
  left: 'bg-base-200',
}

export function Invitees(view: View) {
  const { meeting: m, list, onSend } = view
  const invitees = list?.invitees ?? []
  const here = invitees.filter((i) => i.state === 'joined').length
  return (
    <Part
      title={t('ui.meetings.invitees')}
      beside={
        onSend && (
          <button type="button" class="btn btn-soft" onClick={onSend}>
            <UserPlus class="icon" aria-hidden="true" />
            {t('ui.meetings.invite.more')}
          </button>
        )
      }
    >
      {list && invitees.length === 0 && <p class="soft">{onSend ? t('ui.meetings.invitees.none') : t('ui.meetings.invitees.cannot')}</p>}
      {invitees.length > 0 && (
        <p class="soft text-sm" aria-live="polite">
          {t('ui.meetings.invitees.here', { Count: here, All: invitees.length })}
        </p>
      )}
      <ul class="rows">
        {invitees.map((i) => (
          <Row key={i.id} {...view} invitee={i} over={isOver(m.state)} />
        ))}
      </ul>
    </Part>
  )
}

function Row({ invitee: i, meeting: m, again, over }: View & { invitee: Invitee; over: boolean }) {
  const removing = useSignal(false)
  const name = i.name || i.email || i.phone
  const address = [i.email, i.phone].filter((a) => a && a !== name).join(' · ')
  const Icon = icons[i.state]
  async function doing(act: () => Promise<string>) {
    try {
      tell(await act())
      again()
    } catch (e) {
      tell(failed(e), 'warn')
    }
  }
  const send = () => doing(async () => (await resend(m.id, i.id), t('ui.meetings.resent', { Name: name })))
  const copyOwn = () =>
    doing(async () => {
      const text = await getInvitation(m.id, i.language || m.language || page.lang, i.id)
      await copy(text.text, text.html)
      return t('ui.copied', { What: t('ui.invite.text') })
    })
  return (
    <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3">
      <Avatar id={i.id} name={name} kind={i.email ? 'browser' : 'phone'} size="sm" />
      <div class="min-w-0 flex-1 basis-40">
        <p class="font-semibold wrap-anywhere">{name}</p>
        {address && <p class="soft text-sm wrap-anywhere">{address}</p>}
        <Deliveries list={i.deliveries} />
      </div>
      <span class={`flex items-center gap-1.5 rounded-full px-3 py-1 text-sm font-semibold ${looks[i.state]}`} title={ago(Date.parse(i.since), region, Date.now())}>
        <Icon class="size-4" aria-hidden="true" />
        {presenceText(i.state)}
      </span>
      {!over && (
        <div class="flex">
          <RowButton label={t('ui.meetings.copy.own', { Name: name })} Icon={Copy} onClick={() => void copyOwn()} />
          <RowButton label={t('ui.meetings.resend', { Name: name })} Icon={RotateCcw} onClick={() => void send()} />
          <RowButton label={t('ui.meetings.remove', { Name: name })} Icon={Trash2} onClick={() => (removing.value = true)} />
        </div>
      )}
      {removing.value && (
        <Confirm
          title={t('ui.meetings.remove.title', { Name: name })}
          text={t('ui.meetings.remove.text')}
          action={t('ui.meetings.remove.do')}
          onDo={() => uninvite(m.id, i.id).then(again)}
          onClose={() => (removing.value = false)}
        />
      )}
    </li>
  )
}

function RowButton({ label, Icon, onClick }: { label: string; Icon: LucideIcon; onClick(): void }) {
  return (
    <button type="button" class="btn btn-ghost btn-square" onClick={onClick} aria-label={label} title={label}>
      <Icon class="icon" aria-hidden="true" />
    </button>
  )
}

/** The last of each channel; what failed says why. */
function Deliveries({ list }: { list: Delivery[] }) {
  const last = list.filter((d, i) => list.findIndex((o) => o.channel === d.channel) === i)
  return (
    <>
      {last.map((d) => {
        const bad = d.state === 'failed'
        const Icon = bad ? CircleAlert : d.state === 'queued' || d.state === 'sending' ? Clock : d.channel === 'sms' ? MessageSquare : MailCheck
        return (
          <p key={d.channel} class={`flex items-start gap-1.5 text-sm ${bad ? 'text-error font-medium' : 'soft'}`}>
            <Icon class="mt-0.5 size-4 shrink-0" aria-hidden="true" />
            <span class="wrap-anywhere">
              {channelText(d.channel)}: {deliveryText(d)}
              {d.state === 'sent' && d.sent && ` · ${ago(Date.parse(d.sent), region, Date.now())}`}
              {bad && d.error && ` · ${d.error}`}
            </span>
          </p>
        )
      })}
    </>
  )
}
