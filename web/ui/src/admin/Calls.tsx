// The live calls, with how they sound.
import { useSignal } from '@preact/signals'
import { ListTree, Lock, MicOff, PhoneOff } from 'lucide-preact'
import { codecName, grade, gradeWords } from '../call/words.ts'
import { decimal, percent, t } from '../i18n.ts'
import { Confirm } from '../parts/Confirm.tsx'
import { tell } from '../parts/news.tsx'
import { AdminPage } from './AdminPage.tsx'
import { endCall, listCalls, type LiveCall } from './api.ts'
import { Empty, milliseconds, State, useLive } from './parts.tsx'
import { clock } from './time.ts'
import { protocolText } from './words.ts'

/** What a call goes by. */
export const party = (c: LiveCall): string => c.name || c.number || c.remote

export const callPath = (id: string): string => `/admin/calls/${encodeURIComponent(id)}`

export function Calls() {
  const live = useLive(listCalls)
  const ending = useSignal<LiveCall | undefined>(undefined)
  const calls = live.value?.calls ?? []
  const total = live.value?.total ?? 0
  return (
    <AdminPage title={t('ui.admin.calls')} error={live.error}>
      {live.value && total === 0 && <Empty title={t('ui.admin.calls.none')} text={t('ui.admin.calls.none.text')} />}
      {calls.length > 0 && (
        <ul class="sheet rows overflow-hidden" aria-label={t('ui.admin.calls')}>
          {calls.map((c) => (
            <CallRow key={c.id} call={c} onEnd={() => (ending.value = c)} />
          ))}
        </ul>
      )}
      {total > calls.length && <p class="soft text-center">{t('ui.admin.more', { Count: total - calls.length })}</p>}
      {ending.value && <EndCall call={ending.value} onDone={live.again} onClose={() => (ending.value = undefined)} />}
    </AdminPage>
  )
}

export function EndCall({ call, onDone, onClose }: { call: LiveCall; onDone(): void; onClose(): void }) {
  const act = async () => {
    await endCall(call.id)
    tell(t('ui.admin.ended', { Name: party(call) }))
    onDone()
  }
  return <Confirm title={t('ui.admin.end.title', { Name: party(call) })} text={t('ui.admin.end.text')} action={t('ui.admin.end')} onDo={act} onClose={onClose} />
}

function CallRow({ call: c, onEnd }: { call: LiveCall; onEnd(): void }) {
  const told = [c.name && c.number, c.remote !== party(c) && c.remote, c.trunk].filter(Boolean)
  return (
    <li class="flex flex-col gap-3 p-4 lg:flex-row lg:items-center lg:gap-6 lg:px-5">
      <div class="min-w-0 flex-1">
        <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span class="font-semibold wrap-anywhere">{party(c)}</span>
          <span class="badge badge-sm badge-outline">{protocolText(c.protocol)}</span>
          {c.direction === 'out' && <span class="badge badge-sm badge-outline">{t('ui.admin.out')}</span>}
          {c.encrypted && <Lock class="size-4" role="img" aria-label={t('ui.admin.encrypted')} />}
          {c.muted && <MicOff class="size-4" role="img" aria-label={t('ui.state.muted')} />}
        </p>
        {told.length > 0 && <p class="soft figures text-sm wrap-anywhere">{told.join(' · ')}</p>}
        <p class="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
          <State state={c.state} />
          {c.room && <span class="figures">{t('ui.admin.inroom', { Number: c.room })}</span>}
          {c.role === 'host' && <span>{t('ui.host')}</span>}
          <span class="figures">{clock(c.duration_s)}</span>
        </p>
      </div>
      <Sound call={c} />
      <div class="flex gap-2">
        <a class="btn btn-soft h-10 text-sm flex-1 lg:flex-none" href={callPath(c.id)} aria-label={t('ui.admin.ladder.of', { Name: party(c) })}>
          <ListTree class="icon" aria-hidden="true" />
          {t('ui.admin.ladder')}
        </a>
        <button type="button" class="btn btn-soft btn-error h-10 text-sm flex-1 lg:flex-none" onClick={onEnd} aria-label={t('ui.admin.end.name', { Name: party(c) })}>
          <PhoneOff class="icon" aria-hidden="true" />
          {t('ui.admin.end')}
        </button>
      </div>
    </li>
  )
}

const dots = { good: 'bg-success', fair: 'bg-accent', poor: 'bg-error' }

export function Sound({ call: c }: { call: LiveCall }) {
  if (!c.mos) return <p class="soft text-sm lg:w-72">{t('ui.admin.unheard')}</p>
  const loss = Math.max(c.loss_in, c.loss_out)
  const g = grade({ loss, jitter_ms: c.jitter_ms, rtt_ms: c.rtt_ms, mos: c.mos })
  const figures: [string, string][] = [
    [t('ui.admin.codec'), codecName(c.codec)],
    [t('ui.quality.loss.short'), percent(loss)],
    [t('ui.quality.jitter'), milliseconds(c.jitter_ms)],
    [t('ui.quality.rtt'), milliseconds(c.rtt_ms)],
  ]
  return (
    <div class="text-sm lg:w-72">
      <p class="flex items-center gap-2 font-semibold">
        <span class={`size-2.5 rounded-full ${dots[g]}`} aria-hidden="true" />
        {t(gradeWords[g].word)}
        <span class="figures soft font-medium">MOS {decimal(c.mos)}</span>
      </p>
      <dl class="figures grid grid-cols-2 gap-x-4">
        {figures.map(([name, value]) => (
          <div key={name} class="flex justify-between gap-2">
            <dt class="soft">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
