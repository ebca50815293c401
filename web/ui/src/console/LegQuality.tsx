// How a leg sounds, as a dot with a word; the word is the figure where there is one.
import { grade, gradeWords } from '../call/words.ts'
import { decimal, t } from '../i18n.ts'
import type { Person } from '../signal/types.ts'

const dots = { good: 'bg-success', fair: 'bg-accent', poor: 'bg-error' }

export function LegQuality({ person: p }: { person: Person }) {
  if (!p.mos) return null
  const g = grade({ loss: p.loss ?? 0, jitter_ms: p.jitter_ms ?? 0, rtt_ms: p.rtt_ms ?? 0, mos: p.mos })
  const label = `${t(gradeWords[g].word)}, ${t('ui.quality.mos')}: ${decimal(p.mos)}`
  return (
    <span class="flex shrink-0 items-center gap-1.5" title={label}>
      <span class={`size-2 rounded-full ${dots[g]}`} aria-hidden="true" />
      <span class="sr-only">{label}</span>
      <span class="figures" aria-hidden="true">
        {decimal(p.mos)}
      </span>
      <span aria-hidden="true">·</span>
    </span>
  )
}
