// Calls that were refused or failed of late, with why.
import { ListTree } from 'lucide-preact'
import { t } from '../i18n.ts'
import { AdminPage } from './AdminPage.tsx'
import { listFailures, type Failure } from './api.ts'
import { callPath } from './Calls.tsx'
import { Empty, useLive } from './parts.tsx'
import { moment } from './time.ts'
import { causeText, protocolText } from './words.ts'

export function Failures() {
  const live = useLive(listFailures)
  return (
    <AdminPage title={t('ui.admin.failures')} error={live.error}>
      {live.value?.length === 0 && <Empty title={t('ui.admin.failures.none')} text={t('ui.admin.failures.none.text')} />}
      {live.value && live.value.length > 0 && (
        <ul class="sheet rows overflow-hidden" aria-label={t('ui.admin.failures')}>
          {live.value.map((f, i) => (
            <FailureRow key={`${f.at}${f.id ?? i}`} failure={f} />
          ))}
        </ul>
      )}
    </AdminPage>
  )
}

export function FailureRow({ failure: f }: { failure: Failure }) {
  const out = f.direction === 'out'
  const from = out ? t('ui.admin.out') : f.caller || f.peer || t('ui.admin.by.unknown')
  const told = [protocolText(f.protocol), f.trunk, (out || f.caller) && f.peer, f.status ? `${f.protocol === 'sip' ? 'SIP' : 'Q.850'} ${f.status}` : ''].filter(Boolean)
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-3 sm:px-5">
      <div class="min-w-0 flex-1 basis-72">
        <p class="flex flex-wrap items-baseline gap-x-3">
          <span class="font-semibold">{causeText(f.cause)}</span>
          <time class="soft figures text-sm" dateTime={f.at}>
            {moment(f.at)}
          </time>
          {f.count > 1 && <span class="soft text-sm">{t('ui.admin.often', { Count: f.count, Time: moment(f.first_at) })}</span>}
        </p>
        <p class="wrap-anywhere">{f.reason}</p>
        <p class="soft figures text-sm wrap-anywhere">{[`${from} → ${f.called || '–'}`, ...told].join(' · ')}</p>
      </div>
      {f.id && (
        <a class="btn btn-soft h-10 text-sm" href={callPath(f.id)} aria-label={t('ui.admin.ladder.of', { Name: (out && f.called) || from })}>
          <ListTree class="icon" aria-hidden="true" />
          {t('ui.admin.ladder')}
        </a>
      )}
    </li>
  )
}
