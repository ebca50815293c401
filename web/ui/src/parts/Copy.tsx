// Puts text on the clipboard and says so.
import { signal } from '@preact/signals'
import { Check, Copy as CopyIcon } from 'lucide-preact'
import { useMemo } from 'preact/hooks'
import { t } from '../i18n.ts'
import { announce } from './news.tsx'

export async function copy(text: string, html?: string): Promise<void> {
  if (html && typeof ClipboardItem !== 'undefined') {
    try {
      const item = new ClipboardItem({
        'text/plain': new Blob([text], { type: 'text/plain' }),
        'text/html': new Blob([html], { type: 'text/html' }),
      })
      return await navigator.clipboard.write([item])
    } catch {
      // This browser takes text only.
    }
  }
  await navigator.clipboard.writeText(text)
}

interface Props {
  what: string // names the thing: "Link"
  text: string | (() => string)
  html?: () => string
  label?: string
  class?: string
}

export function Copy({ what, text, html, label, class: more = 'btn-ghost btn-square' }: Props) {
  const copied = useMemo(() => signal(false), [])
  async function act() {
    await copy(typeof text === 'string' ? text : text(), html?.())
    copied.value = true
    announce(t('ui.copied', { What: what }))
    setTimeout(() => (copied.value = false), 2000)
  }
  const Icon = copied.value ? Check : CopyIcon
  return (
    <button type="button" class={`btn ${more}`} onClick={() => void act()} aria-label={label ? undefined : t('ui.copy.what', { What: what })}>
      <Icon class="icon" aria-hidden="true" />
      {label && (copied.value ? t('ui.copied.short') : label)}
    </button>
  )
}
