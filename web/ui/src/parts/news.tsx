// What just happened, shown for a moment and read out by screen readers. There are two
// live regions that are always on the page: one waits its turn, one interrupts.
import { signal } from '@preact/signals'

interface Note {
  id: number
  text: string
  tone: 'plain' | 'warn'
}

const notes = signal<Note[]>([])
const polite = signal('')
const urgent = signal('')
let next = 1

const shownFor = 5000
const saidFor = 3000

/** Says text to screen readers only. */
export function announce(text: string, now = false): void {
  const region = now ? urgent : polite
  // The same words twice are only read if they differ: a no-break space does.
  region.value = region.value === text ? text + '\u00a0' : text
  const said = region.value
  setTimeout(() => region.value === said && (region.value = ''), saidFor)
}

/** Shows text and says it. */
export function tell(text: string, tone: Note['tone'] = 'plain'): void {
  announce(text, tone === 'warn')
  const note = { id: next++, text, tone }
  notes.value = [...notes.value.slice(-2), note]
  setTimeout(() => (notes.value = notes.value.filter((n) => n.id !== note.id)), shownFor)
}

/** On every page, and in every window: what is behind an open window is silent. */
export function LiveRegions() {
  return (
    <>
      <div class="sr-only" role="status" aria-live="polite">
        {polite}
      </div>
      <div class="sr-only" role="alert" aria-live="assertive">
        {urgent}
      </div>
    </>
  )
}

/** The notes themselves; silent, because the live regions have said them. */
export function Notes() {
  return (
    <div class="pointer-events-none fixed inset-x-0 top-28 z-40 flex flex-col items-center gap-2 px-4" aria-hidden="true">
      {notes.value.map((n) => (
        <div
          key={n.id}
          class={`animate-rise max-w-md rounded-full px-4 py-2 text-sm font-medium shadow-lg ${n.tone === 'warn' ? 'bg-accent text-accent-content' : 'bg-neutral text-neutral-content'}`}
        >
          {n.text}
        </div>
      ))}
    </div>
  )
}
