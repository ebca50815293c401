// One's own connection in a word, and on request what to do about it.
import { useSignal } from '@preact/signals'
import { Signal, SignalLow, SignalMedium, WifiOff } from 'lucide-preact'
import { decimal, percent, t } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'
import type { Call } from '../signal/call.ts'
import { grade, gradeWords } from './words.ts'

const icons = { good: Signal, fair: SignalMedium, poor: SignalLow }

export function QualityButton({ call }: { call: Call }) {
  const open = useSignal(false)
  const lost = !call.online || call.media === 'down'
  const q = call.quality
  if (!q && !lost) return null
  const g = q ? grade(q) : 'poor'
  const Icon = lost ? WifiOff : icons[g]
  const word = lost ? t('ui.quality.lost') : t(gradeWords[g].word)
  const tone = lost || g === 'poor' ? 'text-[#ffb3a8]' : g === 'fair' ? 'text-[#ffd68a]' : 'text-wire'
  return (
    <>
      <button type="button" class={`btn btn-stage gap-2 px-3 ${tone}`} onClick={() => (open.value = true)} data-quality={lost ? 'lost' : g}>
        <Icon class="icon" aria-hidden="true" />
        <span class="sr-only">{t('ui.quality')}: </span>
        <span class="text-sm">{word}</span>
      </button>
      {open.value && (
        <Dialog title={t('ui.quality')} onClose={() => (open.value = false)}>
          <p class="leading-relaxed">{lost ? t('ui.quality.lost.text') : t(gradeWords[g].text)}</p>
          {q && (
            <dl class="rows figures mt-4">
              <Row name={t('ui.quality.loss')} value={percent(q.loss)} />
              <Row name={t('ui.quality.jitter')} value={t('ui.ms', { Value: Math.round(q.jitter_ms) })} />
              <Row name={t('ui.quality.rtt')} value={t('ui.ms', { Value: Math.round(q.rtt_ms) })} />
              <Row name={t('ui.quality.mos')} value={decimal(q.mos)} />
            </dl>
          )}
        </Dialog>
      )}
    </>
  )
}

export function Row({ name, value }: { name: string; value: string }) {
  return (
    <div class="flex justify-between gap-4 py-2.5">
      <dt class="soft">{name}</dt>
      <dd class="font-semibold">{value}</dd>
    </div>
  )
}
