// The echo while it runs: what to do, and how long it still takes.
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n.ts'
import { LiveLine } from '../parts/LiveLine.tsx'
import type { Call } from '../signal/call.ts'
import { testSeconds } from './TestPage.tsx'

interface Props {
  call: Call
  level: () => number
  startedAt: number // ms; 0 until the echo runs
  onDone(): void
}

export function Echo({ call, level, startedAt, onDone }: Props) {
  const [left, setLeft] = useState(testSeconds)
  const ready = call.phase === 'room' && startedAt > 0 && call.media === 'up'
  useEffect(() => {
    if (!ready) return
    const tick = setInterval(() => {
      const rest = testSeconds - Math.floor((Date.now() - startedAt) / 1000)
      setLeft(Math.max(0, rest))
      if (rest <= 0) onDone()
    }, 250)
    return () => clearInterval(tick)
  }, [ready, startedAt])
  return (
    <div class="stage rounded-2xl p-5 text-center">
      <p role="status" class="text-lg font-bold">
        {t(ready ? 'ui.test.speak' : 'ui.connecting')}
      </p>
      <LiveLine level={level} idle={4} class="h-20" />
      <p class="text-stage-soft figures text-sm">{ready ? t('ui.test.left', { Count: left }) : '\u00a0'}</p>
    </div>
  )
}
