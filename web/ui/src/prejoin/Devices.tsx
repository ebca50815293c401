// Microphone and speaker: which ones, and whether one hears them.
import { Mic, Volume2 } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { canChooseOutput, choose, chooseOutput, input, inputs, micState, output, outputs } from '../audio/mic.ts'
import { ring, ringing } from '../audio/sink.ts'
import { t } from '../i18n.ts'
import { TalkBars } from '../parts/TalkBars.tsx'

interface PickProps {
  label: string
  icon: ComponentChildren
  devices: MediaDeviceInfo[]
  value: string
  onChange(id: string): void
}

function Pick({ label, icon, devices, value, onChange }: PickProps) {
  const id = useId()
  const known = devices.some((d) => d.deviceId === value)
  return (
    <div class="flex min-w-0 flex-1 flex-col gap-1.5">
      <label for={id} class="flex items-center gap-2 text-sm font-semibold">
        {icon}
        {label}
      </label>
      <select id={id} class="select" value={known ? value : ''} onChange={(e) => onChange(e.currentTarget.value)}>
        {!known && <option value="">{t('ui.device.default')}</option>}
        {devices.map((d, n) => (
          <option key={d.deviceId} value={d.deviceId}>
            {d.label || t('ui.device.nth', { Number: n + 1 })}
          </option>
        ))}
      </select>
    </div>
  )
}

export function SpeakerTest({ class: more = '' }: { class?: string }) {
  return (
    <button type="button" class={`btn ${more}`} onClick={() => void ring()}>
      {ringing.value ? <TalkBars class="bg-current" /> : <Volume2 class="icon" aria-hidden="true" />}
      {t(ringing.value ? 'ui.speaker.playing' : 'ui.speaker.test')}
    </button>
  )
}

export function Devices() {
  return (
    <div class="flex flex-col gap-4">
      {micState.value === 'on' && (
        <Pick
          label={t('ui.device.mic')}
          icon={<Mic class="size-4" aria-hidden="true" />}
          devices={inputs.value}
          value={input.value}
          onChange={(id) => void choose(id)}
        />
      )}
      <div class="flex flex-wrap items-end gap-3">
        {canChooseOutput && outputs.value.length > 0 && (
          <Pick
            label={t('ui.device.speaker')}
            icon={<Volume2 class="size-4" aria-hidden="true" />}
            devices={outputs.value}
            value={output.value}
            onChange={chooseOutput}
          />
        )}
        <SpeakerTest class="btn-soft" />
      </div>
    </div>
  )
}
