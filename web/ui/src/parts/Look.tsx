// Language and theme: both are the person's choice and are remembered.
import { signal } from '@preact/signals'
import { Globe, Moon, Sun } from 'lucide-preact'
import { languageName, t } from '../i18n.ts'
import { page } from '../page.ts'
import { remember } from '../stored.ts'

const dark = signal(
  typeof document !== 'undefined' &&
    (document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === 'night'
      : matchMedia('(prefers-color-scheme: dark)').matches),
)

function toggle(): void {
  dark.value = !dark.value
  const theme = dark.value ? 'night' : 'day'
  document.documentElement.dataset.theme = theme
  remember('theme', theme)
}

export function ThemeButton({ class: more = 'btn-ghost' }: { class?: string }) {
  const label = dark.value ? t('ui.theme.light') : t('ui.theme.dark')
  return (
    <button type="button" class={`btn btn-square ${more}`} onClick={toggle} aria-label={label} title={label}>
      {dark.value ? <Sun class="icon" aria-hidden="true" /> : <Moon class="icon" aria-hidden="true" />}
    </button>
  )
}

function speak(lang: string): void {
  document.cookie = `lang=${lang}; path=/; max-age=31536000; samesite=lax`
  const url = new URL(location.href)
  url.searchParams.delete('lang')
  location.replace(url)
}

export function LanguageChoice({ class: more = 'btn-ghost' }: { class?: string }) {
  return (
    <label class={`btn relative gap-2 px-3 has-focus-visible:outline-3 ${more}`}>
      <Globe class="icon" aria-hidden="true" />
      <span aria-hidden="true" class="uppercase">
        {page.lang}
      </span>
      <select
        class="absolute inset-0 cursor-pointer opacity-0"
        aria-label={t('ui.language')}
        value={page.lang}
        onChange={(e) => speak(e.currentTarget.value)}
      >
        {page.languages.map((code) => (
          <option key={code} value={code} lang={code}>
            {languageName(code)}
          </option>
        ))}
      </select>
    </label>
  )
}
