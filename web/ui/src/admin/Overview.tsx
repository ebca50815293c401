// How the gateway is, at a glance: what is wrong comes first.
import { CircleCheck, TriangleAlert } from 'lucide-preact'
import { percent, t } from '../i18n.ts'
import { AdminPage } from './AdminPage.tsx'
import { getStatus, listFailures, listTrunks, type Failure, type Status, type Trunk } from './api.ts'
import { FailureRow } from './Failures.tsx'
import { Facts, Part, State, useLive } from './parts.tsx'
import { day, daysTo, lasting, moment } from './time.ts'
import { listenerText, stateText } from './words.ts'

const expiresSoon = 21 // days
const strained = 0.7
const shown = 5

export function Overview() {
  const live = useLive(async () => {
    const [status, trunks, failures] = await Promise.all([getStatus(), listTrunks(), listFailures()])
    return { status, trunks, failures }
  })
  return (
    <AdminPage title={t('ui.admin.overview')} error={live.error}>
      {live.value && <Everything {...live.value} />}
    </AdminPage>
  )
}

function Everything({ status: s, trunks, failures }: { status: Status; trunks: Trunk[]; failures: Failure[] }) {
  return (
    <>
      <Health wrong={troubles(s, trunks)} />
      <dl class="grid grid-cols-2 gap-4 md:grid-cols-4">
        <Figure name={t('ui.admin.calls')} value={String(s.calls)} />
        <Figure name={t('ui.admin.rooms.live')} value={String(s.rooms)} />
        <Figure name={t('ui.admin.strain')} value={percent(s.strain)} />
        <Figure name={t('ui.admin.uptime')} value={lasting(s.uptime_s)} />
      </dl>
      <div class="grid gap-4 lg:grid-cols-2">
        <Part title={t('ui.admin.gateway')}>
          <Facts
            narrow
            list={[
              [t('ui.admin.version'), s.version],
              [t('ui.admin.since'), moment(s.started_at)],
              [t('ui.admin.file'), s.config_file ?? t('ui.admin.file.none')],
              [t('ui.admin.outbox'), String(s.outbox_waiting)],
              [t('ui.admin.gatekeeper'), s.gatekeeper && <State state={s.gatekeeper.registered ? 'registered' : 'failed'} text={stateText(s.gatekeeper.phase)} />],
              ...s.certificates.map((c): [string, string] => [t('ui.admin.certificate', { Use: listenerText(c.use) }), t('ui.admin.until', { Day: day(c.expires_at) })]),
            ]}
          />
        </Part>
        <Part title={t('ui.admin.listeners')}>
          {s.listeners.length === 0 && <p class="soft">{t('ui.admin.listeners.none')}</p>}
          <ul class="rows">
            {s.listeners.map((l) => (
              <li key={l.protocol + l.address} class="flex flex-wrap items-baseline justify-between gap-x-4 py-1.5">
                <span class="soft text-sm">{listenerText(l.protocol)}</span>
                <span class="figures font-medium wrap-anywhere">{l.address}</span>
              </li>
            ))}
          </ul>
        </Part>
      </div>
      {trunks.length > 0 && (
        <Part title={t('ui.admin.trunks')} aside={<More href="/admin/trunks" text={t('ui.admin.trunks.all')} />}>
          <ul class="rows">
            {trunks.map((trunk) => (
              <li key={trunk.name} class="flex flex-wrap items-center justify-between gap-x-4 py-2">
                <span class="font-medium wrap-anywhere">{trunk.name}</span>
                <State state={trunk.state} />
              </li>
            ))}
          </ul>
        </Part>
      )}
      {failures.length > 0 && (
        <Part title={t('ui.admin.failures')} aside={<More href="/admin/failures" text={t('ui.admin.failures.all')} />}>
          <ul class="rows -mx-5 -mb-3">
            {failures.slice(0, shown).map((f, i) => (
              <FailureRow key={i} failure={f} />
            ))}
          </ul>
        </Part>
      )}
    </>
  )
}

/** What an admin should look after, in words. */
function troubles(s: Status, trunks: Trunk[]): string[] {
  const list: string[] = []
  if (s.draining) list.push(t('ui.admin.trouble.draining'))
  else if (!s.ready) list.push(t('ui.admin.trouble.notready'))
  if (s.strain >= strained) list.push(t('ui.admin.trouble.strain', { Load: percent(s.strain) }))
  if (s.database.fault) list.push(t('ui.admin.trouble.database', { Count: s.database.waiting }))
  if (s.gatekeeper && !s.gatekeeper.registered) list.push(t('ui.admin.trouble.gatekeeper'))
  for (const trunk of trunks) {
    if (trunk.state === 'down') list.push(t('ui.admin.trouble.trunk', { Name: trunk.name }))
    if (trunk.state === 'partly') list.push(t('ui.admin.trouble.partly', { Name: trunk.name }))
  }
  for (const c of s.certificates) {
    const days = daysTo(c.expires_at)
    if (days < 0) list.push(t('ui.admin.trouble.expired', { Use: listenerText(c.use) }))
    else if (days < expiresSoon) list.push(t('ui.admin.trouble.expires', { Use: listenerText(c.use), Count: days }))
  }
  return list
}

function Health({ wrong }: { wrong: string[] }) {
  if (wrong.length === 0)
    return (
      <p class="sheet border-success flex items-center gap-3 p-5 font-medium">
        <CircleCheck class="text-success size-6 shrink-0" aria-hidden="true" />
        {t('ui.admin.fine')}
      </p>
    )
  return (
    <section class="sheet border-warning p-5" aria-labelledby="troubles">
      <h2 id="troubles" class="text-lg font-bold">
        {t('ui.admin.troubles', { Count: wrong.length })}
      </h2>
      <ul class="mt-2 flex flex-col gap-2">
        {wrong.map((text) => (
          <li key={text} class="flex gap-3">
            <TriangleAlert class="text-warning icon mt-0.5" aria-hidden="true" />
            <span class="min-w-0 wrap-anywhere">{text}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="sheet flex flex-col-reverse justify-end p-4">
      <dt class="soft text-sm">{name}</dt>
      <dd class="figures text-xl font-bold sm:text-2xl">{value}</dd>
    </div>
  )
}

function More({ href, text }: { href: string; text: string }) {
  return (
    <a class="link link-primary text-sm font-semibold" href={href}>
      {text}
    </a>
  )
}
