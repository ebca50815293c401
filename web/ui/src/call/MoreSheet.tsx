// On a phone: what has no place in the dock.
import { Grip, Settings2, UserPlus } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { ThemeButton } from '../parts/Look.tsx'
import type { Sheet } from './Dock.tsx'

function Choice({ label, onClick, children }: { label: string; onClick(): void; children: ComponentChildren }) {
  return (
    <button type="button" class="btn btn-ghost btn-lg w-full justify-start gap-4" onClick={onClick}>
      {children}
      {label}
    </button>
  )
}

interface Props {
  invite: boolean
  onSheet(sheet: Sheet): void
  onClose(): void
}

export function MoreSheet({ invite, onSheet, onClose }: Props) {
  return (
    <Dialog title={t('ui.more')} onClose={onClose}>
      <div class="-mx-3 flex flex-col">
        {invite && (
          <Choice label={t('ui.invite')} onClick={() => onSheet('invite')}>
            <UserPlus class="icon" aria-hidden="true" />
          </Choice>
        )}
        <Choice label={t('ui.audio')} onClick={() => onSheet('audio')}>
          <Settings2 class="icon" aria-hidden="true" />
        </Choice>
        <Choice label={t('ui.keypad')} onClick={() => onSheet('keypad')}>
          <Grip class="icon" aria-hidden="true" />
        </Choice>
        <div class="flex items-center gap-4 px-3">
          <ThemeButton />
        </div>
      </div>
    </Dialog>
  )
}
