// What the admin pages are made of.
import type { ComponentChildren } from 'preact'
import { useSignal } from '@preact/signals'
import { t } from '../i18n.ts'
import { failed } from '../rooms/session.ts'
import { useFresh } from '../rooms/useFresh.ts'
import { stateText } from './words.ts'

const freshEvery = 4000

/** Loads something, keeps it fresh, and shows the last while an answer fails. */
export function useLive<T>(load: () => Promise<T>, everyMs = freshEvery) {
  const value = useSignal<T | undefined>(undefined)
  const error = useSignal('')
  const { again } = useFresh(async () => {
    try {
      value.value = await load()
      error.value = ''
    } catch (e) {
      error.value = failed(e)
    }
  }, everyMs)
  return { value: value.value, error: error.value, again }
}

const tones: Record<string, string> = {
  up: 'bg-success',
  registered: 'bg-success',
  room: 'bg-success',
  partly: 'bg-accent',
  registering: 'bg-accent',
  waiting: 'bg-accent',
  lobby: 'bg-accent',
  held: 'bg-accent',
  down: 'bg-error',
  failed: 'bg-error',
}

/** A dot with a word; the word says it all. */
export function State({ state, text }: { state: string; text?: string }) {
  return (
    <span class="inline-flex items-center gap-2 text-sm font-semibold whitespace-nowrap">
      <span class={`size-2.5 shrink-0 rounded-full ${tones[state] ?? 'bg-base-content/40'}`} aria-hidden="true" />
      {text ?? stateText(state)}
    </span>
  )
}

/** Why there is nothing here, and what would bring something. */
export function Empty({ title, text, children }: { title: string; text: string; children?: ComponentChildren }) {
  return (
    <div class="sheet flex flex-col items-center gap-2 p-8 text-center">
      <h2 class="text-lg font-bold">{title}</h2>
      <p class="soft max-w-lg">{text}</p>
      {children}
    </div>
  )
}

/** A titled part of a page. */
export function Part({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="sheet p-5">
      <div class="mb-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h2 class="text-lg font-bold wrap-anywhere">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** Names and values, one below the other; what is empty is left out. */
export function Facts({ list, narrow }: { list: [name: string, value: ComponentChildren][]; narrow?: boolean }) {
  return (
    <dl class={`grid gap-x-8 gap-y-1 ${narrow ? '' : 'sm:grid-cols-2'}`}>
      {list
        .filter(([, value]) => value !== undefined && value !== '' && value !== false)
        .map(([name, value]) => (
          <div key={name} class="flex flex-wrap items-baseline justify-between gap-x-4 py-1">
            <dt class="soft text-sm">{name}</dt>
            <dd class="figures font-medium wrap-anywhere">{value}</dd>
          </div>
        ))}
    </dl>
  )
}

export const milliseconds = (ms: number | undefined): string => (ms ? t('ui.ms', { Value: Math.round(ms) }) : '–')
