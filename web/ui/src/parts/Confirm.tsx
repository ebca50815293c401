// Asks once before something that can't be undone.
import type { ComponentChildren } from 'preact'
import { useSignal } from '@preact/signals'
import { t } from '../i18n.ts'
import { Dialog } from './Dialog.tsx'
import { problemText } from './problem.ts'

interface Props {
  title: string
  text: string
  action: string
  dismiss?: string // "Cancel" if left out, which is no answer to "cancel it?"
  onDo(): void | Promise<void>
  onClose(): void
  children?: ComponentChildren
}

export function Confirm({ title, text, action, dismiss, onDo, onClose, children }: Props) {
  const busy = useSignal(false)
  const error = useSignal('')
  async function act() {
    busy.value = true
    try {
      await onDo()
      onClose()
    } catch (e) {
      error.value = problemText(e)
      busy.value = false
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p class="leading-relaxed">{text}</p>
      {children}
      {error.value && (
        <p role="alert" class="text-error mt-3 font-medium">
          {error}
        </p>
      )}
      <div class="mt-5 flex flex-wrap justify-end gap-3">
        <button type="button" class="btn btn-soft" onClick={onClose}>
          {dismiss ?? t('ui.cancel')}
        </button>
        <button type="button" class="btn btn-error" disabled={busy.value} onClick={() => void act()}>
          {action}
        </button>
      </div>
    </Dialog>
  )
}
