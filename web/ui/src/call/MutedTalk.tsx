// Talking into a muted microphone is everybody's mishap: say so for a moment.
import { useEffect, useState } from 'preact/hooks'
import { level, micState } from '../audio/mic.ts'
import { t } from '../i18n.ts'
import { shortcuts } from './keys.ts'

const loud = 0.5
const shownFor = 4000

export function MutedTalk({ muted }: { muted: boolean }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    setShown(false)
    if (!muted) return
    let over = 0
    let until = 0
    const look = setInterval(() => {
      over = micState.value === 'on' && level() > loud ? over + 1 : 0
      const now = Date.now()
      if (over >= 4) until = now + shownFor
      setShown(now < until)
    }, 100)
    return () => clearInterval(look)
  }, [muted])
  if (!shown) return null
  return (
    <p role="status" class="animate-rise bg-neutral text-neutral-content sticky bottom-28 z-20 mx-auto w-fit max-w-[92%] rounded-full px-4 py-2 text-center text-sm font-medium shadow-lg">
      {t(shortcuts.value && matchMedia('(hover: hover)').matches ? 'ui.muted.talk.keys' : 'ui.muted.talk')}
    </p>
  )
}
