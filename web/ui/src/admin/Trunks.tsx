// Trunks with the state of their peers and registrations, and the numbers.
import { t, languageName } from '../i18n.ts'
import { page } from '../page.ts'
import { AdminPage } from './AdminPage.tsx'
import { listNumbers, listTrunks, type Peer, type PhoneNumber, type Registration, type Trunk } from './api.ts'
import { Empty, Facts, milliseconds, Part, State, useLive } from './parts.tsx'
import { moment } from './time.ts'

export function Trunks() {
  const live = useLive(async () => {
    const [trunks, numbers] = await Promise.all([listTrunks(), listNumbers()])
    return { trunks, numbers }
  })
  return (
    <AdminPage title={t('ui.admin.trunks')} error={live.error}>
      {live.value?.trunks.length === 0 && <Empty title={t('ui.admin.trunks.none')} text={t('ui.admin.trunks.none.text')} />}
      {live.value?.trunks.map((trunk) => <TrunkCard key={trunk.name} trunk={trunk} />)}
      {live.value && <Numbers numbers={live.value.numbers} />}
    </AdminPage>
  )
}

function TrunkCard({ trunk }: { trunk: Trunk }) {
  const limit = trunk.max_calls ? t('ui.admin.of', { Count: trunk.calls_in + trunk.calls_out, Most: trunk.max_calls }) : String(trunk.calls_in + trunk.calls_out)
  return (
    <Part title={trunk.name} aside={<State state={trunk.state} />}>
      <Facts
        list={[
          [t('ui.admin.calls'), limit],
          [t('ui.admin.inout'), `${trunk.calls_in} / ${trunk.calls_out}`],
          [t('ui.admin.trunk.failures'), String(trunk.failures)],
        ]}
      />
      <h3 class="mt-4 font-semibold">{t('ui.admin.peers')}</h3>
      {trunk.peers.length === 0 && <p class="soft text-sm">{t('ui.admin.peers.none')}</p>}
      <ul class="rows">
        {trunk.peers.map((p) => (
          <PeerRow key={p.uri + (p.address ?? '')} peer={p} />
        ))}
      </ul>
      {trunk.registrations.length > 0 && (
        <>
          <h3 class="mt-4 font-semibold">{t('ui.admin.registrations')}</h3>
          <ul class="rows">
            {trunk.registrations.map((r) => (
              <RegistrationRow key={r.registrar} registration={r} />
            ))}
          </ul>
        </>
      )}
    </Part>
  )
}

function PeerRow({ peer: p }: { peer: Peer }) {
  const told = [
    p.address && p.address !== p.uri && p.address,
    p.since && t('ui.admin.sincewhen', { Time: moment(p.since) }),
    p.rtt_ms && milliseconds(p.rtt_ms),
    p.last_status && t('ui.admin.answer', { Status: p.last_status }),
  ].filter(Boolean)
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2">
      <div class="min-w-0">
        <p class="font-medium wrap-anywhere">{p.uri}</p>
        {told.length > 0 && <p class="soft figures text-sm">{told.join(' · ')}</p>}
        {p.last_error && p.state !== 'up' && <p class="text-error text-sm wrap-anywhere">{p.last_error}</p>}
      </div>
      <State state={p.state} />
    </li>
  )
}

function RegistrationRow({ registration: r }: { registration: Registration }) {
  const told = [r.since && t('ui.admin.sincewhen', { Time: moment(r.since) }), r.expires_at && t('ui.admin.until', { Day: moment(r.expires_at) })].filter(Boolean)
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2">
      <div class="min-w-0">
        <p class="font-medium wrap-anywhere">{r.registrar}</p>
        {told.length > 0 && <p class="soft figures text-sm">{told.join(' · ')}</p>}
        {r.last_error && r.state !== 'registered' && <p class="text-error text-sm wrap-anywhere">{r.last_error}</p>}
      </div>
      <State state={r.state} />
    </li>
  )
}

function Numbers({ numbers }: { numbers: PhoneNumber[] }) {
  if (numbers.length === 0) return <Empty title={t('ui.admin.numbers.none')} text={t('ui.admin.numbers.none.text')} />
  return (
    <Part title={t('ui.admin.numbers')}>
      <ul class="rows">
        {numbers.map((n) => (
          <li key={n.number} class="flex flex-wrap items-center justify-between gap-x-6 gap-y-1 py-2">
            <div class="min-w-0">
              <p class="figures font-medium">{n.number}</p>
              <p class="soft text-sm">{[n.label, n.language && languageName(n.language, page.lang), n.trunk].filter(Boolean).join(' · ')}</p>
            </div>
            <p class={n.missing ? 'text-error font-medium' : ''}>{leadsTo(n)}</p>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function leadsTo(n: PhoneNumber): string {
  if (n.to === 'reception') return t('ui.admin.to.reception')
  if (n.to === 'test') return t('ui.admin.to.test')
  if (n.missing) return t('ui.admin.to.missing', { Number: n.to })
  return n.room ? t('ui.admin.to.room', { Number: n.to, Name: n.room }) : n.to
}
