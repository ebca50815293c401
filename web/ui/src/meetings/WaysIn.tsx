// Every way into a meeting, to copy or to read out; and the host's own PIN, which is in
// no invitation.
import { useSignal } from '@preact/signals'
import { KeyRound, RefreshCw } from 'lucide-preact'
import { t } from '../i18n.ts'
import { Confirm } from '../parts/Confirm.tsx'
import { Copy } from '../parts/Copy.tsx'
import { tell } from '../parts/news.tsx'
import { grouped } from '../parts/PhoneWays.tsx'
import { replaceMeetingLink } from './api.ts'
import { Part } from './Details.tsx'
import type { View } from './MeetingPage.tsx'

function Way({ name, value, shown, href }: { name: string; value: string; shown?: string; href?: string }) {
  return (
    <div class="py-2">
      <dt class="soft text-sm">{name}</dt>
      <dd class="figures flex items-center gap-2 font-semibold">
        <span class="min-w-0 flex-1 wrap-anywhere">
          {href ? (
            <a href={href} class="link inline-block py-0.5">
              {shown ?? value}
            </a>
          ) : (
            (shown ?? value)
          )}
        </span>
        <Copy what={name} text={value} class="btn-ghost btn-square -my-2" />
      </dd>
    </div>
  )
}

export function WaysIn({ meeting: m, again }: View) {
  const replacing = useSignal(false)
  const w = m.ways
  const code = w.link ? `${new URL(w.link).pathname}/qr.svg` : ''
  return (
    <div class="flex min-w-0 flex-col gap-4">
      <Part title={t('ui.meetings.ways')}>
        <dl class="rows">
          {w.link && <Way name={t('ui.ways.link')} value={w.link} />}
          {w.numbers?.map((n) => (
            <Way key={n.number} name={n.label ? `${t('ui.ways.number')} · ${n.label}` : t('ui.ways.number')} value={n.display} href={n.tel} />
          ))}
          {w.extension && <Way name={t('ui.ways.extension')} value={w.extension} shown={grouped(w.extension)} />}
          {w.pin && <Way name={t('ui.ways.pin')} value={w.pin} />}
          {w.sip && <Way name={t('ui.ways.sip')} value={w.sip} />}
          {w.sip_backup && <Way name={`${t('ui.ways.sip')} · ${t('ui.meetings.backup')}`} value={w.sip_backup} />}
          {w.h323 && <Way name={t('ui.ways.h323')} value={w.h323} />}
          {w.h323_backup && <Way name={`${t('ui.ways.h323')} · ${t('ui.meetings.backup')}`} value={w.h323_backup} />}
        </dl>
        {code && (
          <figure class="mt-3 flex flex-col items-center gap-2">
            <img src={code} alt={t('ui.ways.qr.alt')} width="160" height="160" class="size-40 rounded-xl bg-white p-2" />
            <figcaption class="soft text-center text-xs">{t('ui.ways.qr')}</figcaption>
          </figure>
        )}
        <button type="button" class="btn btn-soft mt-4 w-full" onClick={() => (replacing.value = true)}>
          <RefreshCw class="icon" aria-hidden="true" />
          {t('ui.room.link.replace')}
        </button>
      </Part>
      {m.host_pin && (
        <Part title={t('ui.meetings.foryou')} beside={<KeyRound class="icon" aria-hidden="true" />}>
          <dl>
            <Way name={t('ui.room.hostpin')} value={m.host_pin} />
          </dl>
          <p class="soft text-sm">{t('ui.meetings.foryou.help')}</p>
        </Part>
      )}
      {replacing.value && <ReplaceLink id={m.id} onReplaced={again} onClose={() => (replacing.value = false)} />}
    </div>
  )
}

function ReplaceLink({ id, onReplaced, onClose }: { id: string; onReplaced(): void; onClose(): void }) {
  const remove = useSignal(false)
  const act = async () => {
    await replaceMeetingLink(id, remove.value)
    tell(t('ui.room.link.replaced'))
    onReplaced()
  }
  return (
    <Confirm title={t('ui.room.link.title')} text={t('ui.room.link.text')} action={t('ui.room.link.replace')} onDo={act} onClose={onClose}>
      <label class="mt-3 flex cursor-pointer items-center gap-3 py-2">
        <input type="checkbox" class="checkbox" checked={remove.value} onChange={(e) => (remove.value = e.currentTarget.checked)} />
        {t('ui.room.link.guests')}
      </label>
    </Confirm>
  )
}
