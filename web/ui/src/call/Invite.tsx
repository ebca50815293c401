// Every way into the room on one sheet, to read out, copy, mail or send.
import { Mail, MessageSquare, Share2 } from 'lucide-preact'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { Copy } from '../parts/Copy.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import type { Ways } from '../signal/types.ts'
import { invitationHtml, invitationText, mailto, sms } from './invitation.ts'

function Way({ name, value, href }: { name: string; value: string; href?: string }) {
  return (
    <div class="py-2">
      <dt class="soft text-sm">{name}</dt>
      <dd class="figures flex items-center gap-2 font-semibold">
        <span class="min-w-0 flex-1 wrap-anywhere">{href ? <a href={href} class="link inline-block py-0.5">{value}</a> : value}</span>
        <Copy what={name} text={value} class="btn-ghost btn-square -my-3" />
      </dd>
    </div>
  )
}

export function Invite({ title, ways, onClose }: { title: string; ways: Ways; onClose(): void }) {
  const text = () => invitationText(title, ways)
  const canShare = typeof navigator.share === 'function'
  const code = page.link ? `/j/${page.link.token}/qr.svg` : ways.link ? new URL(ways.link).pathname + '/qr.svg' : undefined
  return (
    <Dialog title={t('ui.invite.title')} onClose={onClose} wide>
      <div class="flex flex-wrap gap-2">
        <Copy what={t('ui.invite.text')} text={text} html={() => invitationHtml(title, ways)} label={t('ui.invite.copy')} class="btn-primary" />
        {canShare && (
          <button type="button" class="btn btn-soft" onClick={() => void navigator.share({ title, text: text() }).catch(() => undefined)}>
            <Share2 class="icon" aria-hidden="true" />
            {t('ui.invite.share')}
          </button>
        )}
        <a class="btn btn-soft" href={mailto(title, ways)}>
          <Mail class="icon" aria-hidden="true" />
          {t('ui.invite.mail')}
        </a>
        <a class="btn btn-soft" href={sms(title, ways)}>
          <MessageSquare class="icon" aria-hidden="true" />
          {t('ui.invite.sms')}
        </a>
      </div>
      <div class="mt-3 flex flex-col gap-5 sm:flex-row">
        <dl class="rows min-w-0 flex-1">
          {ways.link && <Way name={t('ui.ways.link')} value={ways.link} />}
          {ways.numbers?.map((n) => (
            <Way key={n.number} name={n.label ? `${t('ui.ways.number')} · ${n.label}` : t('ui.ways.number')} value={n.display} href={n.tel} />
          ))}
          {ways.extension && <Way name={t('ui.ways.extension')} value={ways.extension} />}
          {ways.pin && <Way name={t('ui.ways.pin')} value={ways.pin} />}
          {ways.sip && <Way name={t('ui.ways.sip')} value={ways.sip} />}
          {ways.h323 && <Way name={t('ui.ways.h323')} value={ways.h323} />}
        </dl>
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
