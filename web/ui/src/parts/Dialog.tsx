// A modal window: the browser's own <dialog>, which keeps the focus inside, closes on
// Escape and gives the focus back. On a phone it is a sheet at the bottom.
import { X } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { LiveRegions } from './news.tsx'

interface Props {
  title: string
  onClose(): void
  children: ComponentChildren
  wide?: boolean
}

export function Dialog({ title, onClose, children, wide }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  const gone = useRef(false) // "close" comes late: by then another window may be open
  useEffect(() => {
    const dialog = box.current
    const opener = document.activeElement
    dialog?.showModal()
    return () => {
      gone.current = true
      dialog?.close()
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      class="modal modal-bottom sm:modal-middle"
      aria-labelledby={id}
      onClose={() => gone.current || onClose()}
      onClick={(e) => e.target === e.currentTarget && onClose()}
    >
      <LiveRegions />
      <div class={`modal-box text-base-content max-h-[92dvh] p-0 ${wide ? 'sm:max-w-2xl' : 'sm:max-w-md'}`}>
        <div class="bg-base-100 sticky top-0 z-10 flex items-center justify-between gap-4 px-5 pt-4 pb-3 sm:px-6">
          <h2 id={id} class="text-xl font-bold">
            {title}
          </h2>
          <button type="button" class="btn btn-ghost btn-circle -mr-2" onClick={onClose} aria-label={t('ui.close')}>
            <X class="icon" aria-hidden="true" />
          </button>
        </div>
        <div class="pb-safe px-5 sm:px-6">{children}</div>
      </div>
    </dialog>
  )
}
