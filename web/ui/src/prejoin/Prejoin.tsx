// One screen before the call: a name, a microphone that is seen to work, Join.
import { useSignal } from '@preact/signals'
import { ChevronDown, LogIn, Phone } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { micState, open, usable } from '../audio/mic.ts'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { Field } from '../parts/Field.tsx'
import { LanguageChoice, ThemeButton } from '../parts/Look.tsx'
import { PhoneWays } from '../parts/PhoneWays.tsx'
import { recall, remember } from '../stored.ts'
import { cleanName, nameFits, nameLimit } from './browser.ts'
import { Devices } from './Devices.tsx'
import { MicHelp } from './MicHelp.tsx'
import { MicStage } from './MicStage.tsx'

interface Props {
  title: string
  names: 'ask' | 'guest'
  problem?: boolean // the gateway didn't take the name
  suggested?: string
  given?: string // before what is remembered
  onJoin(name: string): void
}

export function Prejoin({ title, names, problem, suggested, given, onJoin }: Props) {
  const name = useSignal(given || recall('name') || suggested || '')
  const error = useSignal(problem ? t('ui.name.long', { Limit: nameLimit }) : '')
  const busy = useSignal(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (problem) field.current?.focus()
  }, [])

  async function join(e: Event) {
    e.preventDefault()
    const clean = cleanName(name.value)
    if (names === 'ask' && !nameFits(clean)) {
      error.value = clean ? t('ui.name.long', { Limit: nameLimit }) : t('ui.name.empty')
      field.current?.focus()
      return
    }
    if (names === 'ask') remember('name', clean)
    if (micState.value === 'idle' || micState.value === 'asking') {
      busy.value = true
      await open()
      busy.value = false
    }
    onJoin(names === 'ask' ? clean : '')
  }

  const listenOnly = usable() && micState.value !== 'on' && micState.value !== 'idle' && micState.value !== 'asking'
  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[1.15fr_1fr]">
      <header class="stage on-stage flex flex-col px-5 pt-4 pb-12 lg:min-h-dvh lg:px-12 lg:py-8">
        <div class="flex items-center justify-between">
          <Brand />
          <div class="flex gap-1">
            <LanguageChoice class="btn-stage" />
            <ThemeButton class="btn-stage" />
          </div>
        </div>
        <div class="mx-auto flex w-full max-w-2xl flex-1 flex-col justify-center gap-1 pt-6 lg:gap-6 lg:pt-0">
          <div class="text-center">
            <p class="text-stage-soft text-sm lg:text-base">{t('ui.join.about')}</p>
            <h1 class="mt-1 text-3xl font-bold wrap-anywhere lg:text-5xl">{title}</h1>
          </div>
          <MicStage />
        </div>
      </header>
      <main id="main" tabIndex={-1} class="outline-none bg-base-200 relative -mt-6 rounded-t-3xl px-5 pt-6 pb-10 lg:mt-0 lg:flex lg:items-center lg:rounded-none lg:px-12">
        <div class="mx-auto flex w-full max-w-md flex-col gap-5">
          <MicHelp />
          {usable() && (
            <form class="flex flex-col gap-5" onSubmit={(e) => void join(e)} noValidate>
              {names === 'ask' && (
                <Field
                  label={t('ui.name')}
                  value={name.value}
                  onInput={(v) => ((name.value = v), (error.value = ''))}
                  error={error.value}
                  field={field}
                  name="name"
                  autocomplete="name"
                  required
                />
              )}
              <button class="btn btn-primary btn-xl w-full rounded-2xl text-lg" disabled={busy.value}>
                {busy.value ? <span class="loading loading-dots" aria-hidden="true" /> : <LogIn class="size-6" aria-hidden="true" />}
                {t(listenOnly ? 'ui.join.listen' : 'ui.join')}
              </button>
              <Devices />
            </form>
          )}
          {page.ways?.numbers?.length ? (
            <details class="sheet group p-1" open={!usable()}>
              <summary class="btn btn-ghost w-full cursor-pointer list-none justify-start gap-3">
                <Phone class="icon" aria-hidden="true" />
                <span class="flex-1 text-left">{t('ui.join.phone')}</span>
                <ChevronDown class="icon transition-transform group-open:rotate-180" aria-hidden="true" />
              </summary>
              <div class="px-4 pt-2 pb-4">
                <PhoneWays ways={page.ways} code={page.link ? `/j/${page.link.token}/qr.svg` : undefined} />
              </div>
            </details>
          ) : null}
        </div>
      </main>
    </div>
  )
}
