// The way in for hosts.
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { Problem, signIn } from '../api.ts'
import { t } from '../i18n.ts'
import type { User } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { Field } from '../parts/Field.tsx'
import { LiveLine } from '../parts/LiveLine.tsx'
import { LanguageChoice, ThemeButton } from '../parts/Look.tsx'
import { problemText } from '../parts/problem.ts'

export function SignIn({ onIn }: { onIn(user: User): void }) {
  const email = useSignal('')
  const password = useSignal('')
  const error = useSignal('')
  const busy = useSignal(false)
  const first = useRef<HTMLInputElement>(null)

  async function submit(e: Event) {
    e.preventDefault()
    if (busy.value) return
    busy.value = true
    error.value = ''
    try {
      onIn(await signIn(email.value.trim(), password.value))
    } catch (failure) {
      const wrong = failure instanceof Problem && (failure.status === 401 || failure.status === 422)
      error.value = wrong ? t('ui.signin.wrong') : problemText(failure)
      first.current?.focus()
    }
    busy.value = false
  }

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
        <div class="mx-auto flex w-full max-w-2xl flex-1 flex-col justify-center gap-4 pt-4 text-center lg:pt-0">
          <p class="text-2xl font-bold text-balance lg:text-5xl">{t('ui.signin.lead')}</p>
          <LiveLine level={() => 0.12} idle={6} class="h-16 lg:h-32" />
        </div>
      </header>
      <main id="main" tabIndex={-1} class="bg-base-200 relative -mt-6 rounded-t-3xl px-5 pt-8 pb-10 outline-none lg:mt-0 lg:flex lg:items-center lg:rounded-none lg:px-12">
        <form class="mx-auto flex w-full max-w-md flex-col gap-5" onSubmit={(e) => void submit(e)} noValidate>
          <h1 class="text-2xl font-bold">{t('ui.signin.title')}</h1>
          {error.value && (
            <p role="alert" class="border-error text-error rounded-2xl border px-4 py-3 font-medium">
              {error}
            </p>
          )}
          <Field label={t('ui.signin.email')} type="email" inputMode="email" autocomplete="username" name="email" value={email.value} onInput={(v) => (email.value = v)} field={first} required />
          <Field label={t('ui.signin.password')} type="password" autocomplete="current-password" name="password" value={password.value} onInput={(v) => (password.value = v)} required />
          <button class="btn btn-primary btn-xl w-full rounded-2xl text-lg" disabled={busy.value}>
            {t('ui.signin')}
          </button>
          <p class="soft text-sm">{t('ui.signin.guests')}</p>
        </form>
      </main>
    </div>
  )
}
