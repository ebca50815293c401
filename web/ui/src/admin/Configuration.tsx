// The configuration as loaded, and reading it again.
import { useSignal } from '@preact/signals'
import { RefreshCw } from 'lucide-preact'
import { Problem, type Mistake } from '../api.ts'
import { t } from '../i18n.ts'
import { announce } from '../parts/news.tsx'
import { failed } from '../rooms/session.ts'
import { AdminPage } from './AdminPage.tsx'
import { getConfiguration, reload, type Configuration as Loaded, type Report } from './api.ts'
import { Facts, Part, useLive } from './parts.tsx'
import { moment } from './time.ts'

type Outcome = { report: Report } | { mistakes: Mistake[] } | { error: string }

const seldom = 15_000

export function Configuration() {
  const live = useLive(getConfiguration, seldom)
  const busy = useSignal(false)
  const outcome = useSignal<Outcome | undefined>(undefined)
  async function act() {
    if (busy.value) return
    busy.value = true
    outcome.value = await again()
    busy.value = false
    announce('report' in outcome.value ? t('ui.admin.reloaded') : t('ui.admin.reload.failed'), true)
    live.again()
  }
  const button = (
    <button type="button" class="btn btn-wire" onClick={() => void act()} disabled={busy.value}>
      <RefreshCw class="icon" aria-hidden="true" />
      {t('ui.admin.reload')}
    </button>
  )
  return (
    <AdminPage title={t('ui.admin.configuration')} error={live.error} action={button}>
      {outcome.value && <Told outcome={outcome.value} />}
      {live.value && <Settings loaded={live.value} />}
    </AdminPage>
  )
}

async function again(): Promise<Outcome> {
  try {
    return { report: await reload() }
  } catch (e) {
    if (e instanceof Problem && e.status === 422) return e.errors.length > 0 ? { mistakes: e.errors } : { error: e.message }
    return { error: failed(e) }
  }
}

function Told({ outcome: o }: { outcome: Outcome }) {
  if ('error' in o) return <p class="sheet text-error p-5 font-medium">{o.error}</p>
  if ('mistakes' in o)
    return (
      <section class="sheet border-error p-5" aria-labelledby="mistakes">
        <h2 id="mistakes" class="text-error text-lg font-bold">
          {t('ui.admin.reload.failed')}
        </h2>
        <ul class="mt-2 flex flex-col gap-2">
          {o.mistakes.map((m) => (
            <li key={m.location} class="wrap-anywhere">
              <span class="figures font-semibold">{m.location}</span>: {m.message}
            </li>
          ))}
        </ul>
      </section>
    )
  const { applied, restart } = o.report
  return (
    <section class="sheet border-success p-5" aria-labelledby="reloaded">
      <h2 id="reloaded" class="text-lg font-bold">
        {t('ui.admin.reloaded')}
      </h2>
      {applied.length + restart.length === 0 && <p>{t('ui.admin.reloaded.nothing')}</p>}
      {applied.length > 0 && <Keys text={t('ui.admin.reloaded.applied')} keys={applied} />}
      {restart.length > 0 && <Keys text={t('ui.admin.reloaded.restart')} keys={restart} />}
    </section>
  )
}

function Keys({ text, keys }: { text: string; keys: string[] }) {
  return (
    <div class="mt-2">
      <p class="font-semibold">{text}</p>
      <ul class="list-disc pl-5">
        {keys.map((k) => (
          <li key={k} class="wrap-anywhere">
            {k}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Settings({ loaded }: { loaded: Loaded }) {
  const all = useSignal(false)
  const sections = new Map<string, Loaded['settings']>()
  for (const s of loaded.settings) {
    if (!all.value && !s.given) continue
    const name = s.key.split(/[.[]/)[0] ?? ''
    sections.set(name, [...(sections.get(name) ?? []), s])
  }
  return (
    <>
      <Part title={t('ui.admin.loaded')}>
        <Facts
          list={[
            [t('ui.admin.file'), loaded.file ?? t('ui.admin.file.none')],
            [t('ui.admin.since'), moment(loaded.loaded_at)],
          ]}
        />
        <p class="soft mt-2 text-sm">{t('ui.admin.secrets')}</p>
        {loaded.restart.length > 0 && <Keys text={t('ui.admin.reloaded.restart')} keys={loaded.restart} />}
        <label class="mt-3 flex cursor-pointer items-center gap-3 py-1">
          <input type="checkbox" class="checkbox" checked={all.value} onChange={(e) => (all.value = e.currentTarget.checked)} />
          {t('ui.admin.defaults')}
        </label>
      </Part>
      {sections.size === 0 && <p class="sheet p-8 text-center">{t('ui.admin.defaults.only')}</p>}
      {[...sections].map(([name, settings]) => (
        <Part key={name} title={name}>
          <dl class="rows">
            {settings.map((s) => (
              <div key={s.key} class="grid gap-x-6 py-1.5 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
                <dt class="text-sm wrap-anywhere">{s.key}</dt>
                <dd class={`figures wrap-anywhere ${s.given ? 'font-semibold' : 'soft'}`}>
                  {s.value || '–'}
                  {all.value && !s.given && <span class="soft text-xs font-normal"> ({t('ui.admin.default')})</span>}
                </dd>
              </div>
            ))}
          </dl>
        </Part>
      ))}
    </>
  )
}
