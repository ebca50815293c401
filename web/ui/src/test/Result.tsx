// The result in one word, then what to do about it, then the figures.
import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-preact'
import { Row } from '../call/QualityButton.tsx'
import { gradeWords } from '../call/words.ts'
import { decimal, percent, t, type Key } from '../i18n.ts'
import type { Verdict } from './verdict.ts'

const voices: Record<Verdict['voice'], Key> = {
  good: 'ui.test.voice.good',
  quiet: 'ui.test.voice.quiet',
  loud: 'ui.test.voice.loud',
  none: 'ui.test.voice.none',
}

const looks = {
  good: { Icon: CircleCheck, tone: 'text-success' },
  fair: { Icon: TriangleAlert, tone: 'text-warning' },
  poor: { Icon: CircleAlert, tone: 'text-error' },
}

export function Result({ verdict: v }: { verdict: Verdict }) {
  const { Icon, tone } = looks[v.voice === 'none' ? 'poor' : v.grade]
  return (
    <div class="bg-base-200 mb-4 rounded-2xl p-5" data-result={v.grade}>
      <p class={`flex items-center gap-3 text-xl font-bold ${tone}`}>
        <Icon class="size-7" aria-hidden="true" />
        {t('ui.test.result', { Grade: t(gradeWords[v.grade].word) })}
      </p>
      <p class="mt-2">{t(gradeWords[v.grade].text)}</p>
      <p class="mt-1">{t(voices[v.voice])}</p>
      <dl class="rows mt-3">
        <Row name={t('ui.quality.loss')} value={percent(v.loss)} />
        <Row name={t('ui.quality.jitter')} value={t('ui.ms', { Value: Math.round(v.jitter_ms) })} />
        <Row name={t('ui.quality.rtt')} value={t('ui.ms', { Value: Math.round(v.rtt_ms) })} />
        <Row name={t('ui.test.level')} value={v.level > -127 ? t('ui.db', { Value: Math.round(v.level) }) : '–'} />
        {v.mos > 0 && <Row name={t('ui.quality.mos')} value={decimal(v.mos)} />}
      </dl>
    </div>
  )
}
