// A phone's keys, for the gateway's commands (*6 …) and for bridges behind it.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#']

export function Keypad({ onKey, onClose }: { onKey(digit: string): void; onClose(): void }) {
  const pressed = useSignal('')
  const press = (digit: string) => {
    pressed.value = (pressed.value + digit).slice(-16)
    onKey(digit)
  }
  useEffect(() => {
    const typed = (e: KeyboardEvent) => {
      if (!keys.includes(e.key) || e.ctrlKey || e.metaKey || e.altKey) return
      e.preventDefault()
      press(e.key)
    }
    addEventListener('keydown', typed)
    return () => removeEventListener('keydown', typed)
  }, [])
  return (
    <Dialog title={t('ui.keypad')} onClose={onClose}>
      <div class="mx-auto max-w-64">
        <output class="figures block h-10 text-center text-2xl font-bold tracking-widest" aria-label={t('ui.keypad.pressed')}>
          {pressed.value}
        </output>
        <div class="grid grid-cols-3 gap-3">
          {keys.map((k) => (
            <button key={k} type="button" class="btn btn-soft btn-circle mx-auto size-16 text-2xl" onClick={() => press(k)}>
              {k}
            </button>
          ))}
        </div>
        <p class="soft mt-4 text-center text-sm">{t('ui.keypad.help')}</p>
      </div>
    </Dialog>
  )
}
