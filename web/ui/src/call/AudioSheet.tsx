// Microphone, speaker and shortcuts while in the call.
import { micState } from '../audio/mic.ts'
import { level } from '../audio/mic.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { LiveLine } from '../parts/LiveLine.tsx'
import { Devices } from '../prejoin/Devices.tsx'
import { MicHelp } from '../prejoin/MicHelp.tsx'
import { shortcuts, setShortcuts } from './keys.ts'

export function AudioSheet({ onClose }: { onClose(): void }) {
  return (
    <Dialog title={t('ui.audio.title')} onClose={onClose}>
      <div class="flex flex-col gap-4">
        {micState.value === 'on' ? (
          <div class="stage rounded-2xl px-4 py-1">
            <LiveLine level={level} class="h-14" />
          </div>
        ) : (
          <MicHelp />
        )}
        <Devices />
        <label class="border-base-300 mt-1 flex cursor-pointer items-center gap-3 border-t pt-4">
          <input type="checkbox" class="toggle toggle-primary" checked={shortcuts.value} onChange={(e) => setShortcuts(e.currentTarget.checked)} />
          <span>
            <span class="block font-semibold">{t('ui.keys')}</span>
            <span class="soft text-sm">{t('ui.keys.help')}</span>
          </span>
        </label>
      </div>
    </Dialog>
  )
}
