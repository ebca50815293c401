// A host leaves alone, or ends the meeting for all: asked once, because there is no way back.
import { LogOut, PhoneOff } from 'lucide-preact'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'

export function LeaveDialog({ onLeave, onEnd, onClose }: { onLeave(): void; onEnd(): void; onClose(): void }) {
  return (
    <Dialog title={t('ui.leave.title')} onClose={onClose}>
      <p class="soft mb-4">{t('ui.leave.text')}</p>
      <div class="flex flex-col gap-3">
        <button type="button" class="btn btn-lg btn-soft" onClick={onLeave}>
          <LogOut class="icon" aria-hidden="true" />
          {t('ui.leave.alone')}
        </button>
        <button type="button" class="btn btn-lg btn-error" onClick={onEnd}>
          <PhoneOff class="icon" aria-hidden="true" />
          {t('ui.end')}
        </button>
      </div>
    </Dialog>
  )
}
