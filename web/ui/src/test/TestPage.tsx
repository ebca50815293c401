// /test: hear the speaker, see the microphone, hear oneself come back from the gateway.
import { effect, useSignal } from '@preact/signals'
import { PhoneCall, PhoneOff, RotateCw } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { level, look, micState, open, sending } from '../audio/mic.ts'
import { blocked, play, start } from '../audio/sink.ts'
import { useLifecycle, useWakeLock } from '../call/lifecycle.ts'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { LanguageChoice, ThemeButton } from '../parts/Look.tsx'
import { LiveRegions, Notes, announce } from '../parts/news.tsx'
import { Devices } from '../prejoin/Devices.tsx'
import { MicHelp } from '../prejoin/MicHelp.tsx'
import { joinMuted, MicStage } from '../prejoin/MicStage.tsx'
import { session as begin, type Session } from '../signal/session.ts'
import type { Quality } from '../signal/types.ts'
import { endWords } from '../call/Ended.tsx'
import { Echo } from './Echo.tsx'
import { Result } from './Result.tsx'
import { verdict } from './verdict.ts'

export const testSeconds = 15

function Step({ n, title, children }: { n: number; title: string; children: ComponentChildren }) {
  return (
    <section class="sheet p-5">
      <h2 class="mb-3 flex items-center gap-3 font-bold">
        <span class="bg-primary text-primary-content grid size-7 place-items-center rounded-full text-sm" aria-hidden="true">
          {n}
        </span>
        {title}
      </h2>
      {children}
    </section>
  )
}

/** Collects what the gateway measures while the echo runs. */
function useSamples(session: Session): { current: Quality[] } {
  const samples = useRef<Quality[]>([])
  useEffect(
    () =>
      effect(() => {
        const { quality, phase } = session.call.value
        if (phase === 'connecting') samples.current = []
        else if (phase === 'room' && quality && samples.current.at(-1) !== quality) samples.current.push(quality)
      }),
    [session],
  )
  return samples
}

export function TestPage() {
  const session = useMemo(() => begin({ test: true }, page.lang, () => undefined), [])
  const audio = useRef<HTMLAudioElement>(null)
  const samples = useSamples(session)
  const startedAt = useSignal(0)
  const call = session.call.value
  const running = call.phase === 'connecting' || call.phase === 'lobby' || call.phase === 'room'
  useLifecycle(session)
  useWakeLock(running)
  useEffect(() => void look(), [])
  useEffect(() => effect(() => session.track(sending.value)), [session])
  useEffect(() => (audio.current ? play(audio.current, session.sound) : undefined), [session])
  useEffect(() => {
    if (call.phase === 'room') startedAt.value = Date.now()
    if (call.phase === 'ended') announce(t('ui.test.done'))
  }, [call.phase])

  async function run() {
    if (micState.value !== 'on') await open()
    if (micState.value !== 'on') return
    joinMuted.value = false
    session.reset()
    session.join('', { muted: false, track: sending.value })
  }

  const result = call.phase === 'ended' ? verdict(samples.current) : undefined
  const refused = call.phase === 'ended' && !result
  return (
    <div class="min-h-dvh">
      <LiveRegions />
      <Notes />
      <audio ref={audio} autoplay />
      <header class="stage on-stage px-5 pt-4 pb-10 lg:px-12">
        <div class="mx-auto flex max-w-2xl items-center justify-between">
          <Brand />
          <div class="flex gap-1">
            <LanguageChoice class="btn-stage" />
            <ThemeButton class="btn-stage" />
          </div>
        </div>
        <div class="mx-auto max-w-2xl pt-6 text-center">
          <h1 class="text-3xl font-bold lg:text-4xl">{t('ui.test.title')}</h1>
          <p class="text-stage-soft mx-auto mt-2 mb-2 max-w-md text-pretty">{t('ui.test.text')}</p>
          <MicStage />
        </div>
      </header>
      <main id="main" tabIndex={-1} class="mx-auto -mt-5 flex w-full max-w-2xl flex-col gap-4 px-4 pb-12 outline-none">
        <MicHelp />
        <Step n={1} title={t('ui.test.devices')}>
          <Devices />
        </Step>
        <Step n={2} title={t('ui.test.echo')}>
          {running ? (
            <Echo call={call} level={level} startedAt={startedAt.value} onDone={session.leave} />
          ) : (
            <>
              <p class="soft mb-4">{t('ui.test.echo.text')}</p>
              {result && <Result verdict={result} />}
              {refused && <p class="text-error mb-4 font-medium">{t(endWords(call.ended?.cause ?? '').text)}</p>}
              <button type="button" class="btn btn-primary btn-lg w-full" onClick={() => void run()} disabled={micState.value === 'insecure' || micState.value === 'unsupported'}>
                {result ? <RotateCw class="icon" aria-hidden="true" /> : <PhoneCall class="icon" aria-hidden="true" />}
                {t(result ? 'ui.test.again' : 'ui.test.start')}
              </button>
            </>
          )}
          {running && (
            <div class="mt-4 flex flex-wrap justify-center gap-3">
              {blocked.value && (
                <button type="button" class="btn btn-accent" onClick={() => audio.current && void start(audio.current)}>
                  {t('ui.banner.hear')}
                </button>
              )}
              <button type="button" class="btn btn-soft" onClick={session.leave}>
                <PhoneOff class="icon" aria-hidden="true" />
                {t('ui.test.finish')}
              </button>
            </div>
          )}
        </Step>
      </main>
    </div>
  )
}
