// What a test call says about the way to the gateway and back.
import { grade, type Grade } from '../call/words.ts'
import type { Quality } from '../signal/types.ts'

export interface Verdict {
  grade: Grade
  loss: number
  jitter_ms: number
  rtt_ms: number
  mos: number
  level: number // the loudest, dBov
  voice: 'good' | 'quiet' | 'loud' | 'none'
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/** undefined: nothing was measured. */
export function verdict(samples: Quality[]): Verdict | undefined {
  if (samples.length === 0) return undefined
  const known = samples.filter((s) => s.mos > 0)
  const all = known.length > 0 ? known : samples
  const figures = {
    loss: mean(all.map((s) => s.loss)),
    jitter_ms: Math.max(...all.map((s) => s.jitter_ms)),
    rtt_ms: mean(all.map((s) => s.rtt_ms)),
    mos: mean(all.map((s) => s.mos)),
  }
  const level = Math.max(...samples.map((s) => s.level ?? -127))
  return { ...figures, level, grade: known.length > 0 ? grade(figures) : 'poor', voice: voice(level) }
}

function voice(level: number): Verdict['voice'] {
  if (level <= -60) return 'none'
  if (level < -42) return 'quiet'
  return level > -6 ? 'loud' : 'good'
}
