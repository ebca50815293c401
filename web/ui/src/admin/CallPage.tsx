// One call: what is known of it, and its messages drawn as a ladder. Calls that are over
// have their ladder as long as it is kept.
import { useSignal } from '@preact/signals'
import { ArrowLeft, PhoneOff } from 'lucide-preact'
import { Problem } from '../api.ts'
import { codecName } from '../call/words.ts'
import { t } from '../i18n.ts'
import { Copy } from '../parts/Copy.tsx'
import { AdminPage } from './AdminPage.tsx'
import { getLadder, listCalls } from './api.ts'
import { EndCall, party, Sound } from './Calls.tsx'
import { Empty, Facts, Part, State, useLive } from './parts.tsx'
import { moment } from './time.ts'
import { protocolText } from './words.ts'

/** As many letters as the ladder's box holds, or as can be read when it is scrolled. */
const width = (): number => Math.min(140, Math.max(80, Math.floor((Math.min(innerWidth, 1070) - 90) / 8)))

export function CallPage({ id }: { id: string }) {
  const ending = useSignal(false)
  const live = useLive(async () => {
    const [calls, ladder] = await Promise.all([listCalls(), getLadder(id, width()).catch(none)])
    return { call: calls.calls.find((c) => c.id === id), ladder }
  })
  const call = live.value?.call
  const ladder = live.value?.ladder
  return (
    <AdminPage title={call ? party(call) : t('ui.admin.call')} error={live.error}>
      <p>
        <a class="btn btn-ghost h-10 text-sm" href="/admin/calls">
          <ArrowLeft class="icon" aria-hidden="true" />
          {t('ui.admin.calls')}
        </a>
      </p>
      {call && (
        <Part title={t('ui.admin.call')} aside={<State state={call.state} />}>
          <Facts
            list={[
              [t('ui.admin.protocol'), `${protocolText(call.protocol)}, ${call.direction === 'out' ? t('ui.admin.out') : t('ui.admin.in')}`],
              [t('ui.admin.address'), call.remote],
              [t('ui.admin.number'), call.number],
              [t('ui.admin.called'), call.called],
              [t('ui.admin.trunk'), call.trunk],
              [t('ui.admin.room'), call.room],
              [t('ui.admin.since'), moment(call.started_at)],
              [t('ui.admin.codec'), codecName(call.codec)],
              [t('ui.admin.device'), call.product],
              ['Call-ID', call.call_id],
            ]}
          />
          <div class="mt-4 flex flex-wrap items-end justify-between gap-4">
            <Sound call={call} />
            <button type="button" class="btn btn-soft btn-error" onClick={() => (ending.value = true)}>
              <PhoneOff class="icon" aria-hidden="true" />
              {t('ui.admin.end')}
            </button>
          </div>
        </Part>
      )}
      {ladder && (
        <Part title={t('ui.admin.ladder')} aside={<Copy what={t('ui.admin.ladder')} text={ladder} label={t('ui.admin.copy')} class="btn-soft h-10 text-sm" />}>
          <pre class="bg-base-200 rounded-2xl overflow-x-auto p-4 text-xs leading-5" tabIndex={0} role="region" aria-label={t('ui.admin.ladder')}>
            {ladder}
          </pre>
        </Part>
      )}
      {live.value && !ladder && <Empty title={t('ui.admin.ladder.none')} text={t('ui.admin.ladder.none.text')} />}
      {ending.value && call && <EndCall call={call} onDone={live.again} onClose={() => (ending.value = false)} />}
    </AdminPage>
  )
}

/** That nothing is known of a call is no failure. */
function none(e: unknown): string {
  if (e instanceof Problem && e.status === 404) return ''
  throw e
}
