// What a meeting is at the moment, in a word and never by colour alone.
import { TalkBars } from '../parts/TalkBars.tsx'
import type { MeetingState } from './types.ts'
import { stateText } from './words.ts'

const looks: Record<MeetingState, string> = {
  live: 'bg-primary text-primary-content',
  open: 'bg-accent text-accent-content',
  scheduled: 'bg-base-200 text-base-content',
  ended: 'bg-base-200 text-base-content',
  completed: 'bg-base-200 text-base-content',
  cancelled: 'border border-error text-error',
}

export function StateBadge({ state }: { state: MeetingState }) {
  return (
    <span class={`inline-flex items-center gap-2 rounded-full px-3 py-0.5 text-sm font-semibold whitespace-nowrap ${looks[state]}`}>
      {state === 'live' && <TalkBars class="bg-primary-content" />}
      {stateText(state)}
    </span>
  )
}
