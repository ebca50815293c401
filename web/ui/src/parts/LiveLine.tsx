// The line of Partyline: a wire that moves with a voice. It is drawn from a level and says
// nothing that isn't also said in words.
import { useEffect, useRef } from 'preact/hooks'

const height = 120 // of the box that amplitudes are measured in
const step = 6 // CSS pixels between the points of a strand

// A computer without a graphics processor draws all this by itself, beside the meeting's
// sound. Twelve pictures a second are a voice's pace, and a wire at rest is not drawn.
const everyMs = 80

const strands = [
  { opacity: 0.25, thick: 1.5, scale: 0.55, shift: 1.9 },
  { opacity: 0.45, thick: 1.5, scale: 0.8, shift: 0.9 },
  { opacity: 1, thick: 2.5, scale: 1, shift: 0 },
]

/** Where a strand is, x of the way along: amplitude in its unit, phase in radians. */
function sway(x: number, amplitude: number, phase: number): number {
  const envelope = Math.sin(Math.PI * x)
  return amplitude * envelope * envelope * (Math.sin(x * 22 - phase) * 0.65 + Math.sin(x * 37 + phase * 1.3) * 0.35)
}

/** What a picture is drawn on: asking the page for it each time would cost more than to draw. */
interface Sheet {
  context: CanvasRenderingContext2D
  width: number // CSS pixels
  height: number
}

function sheetOf(canvas: HTMLCanvasElement): Sheet | undefined {
  const context = canvas.getContext('2d')
  if (!context) return
  const scale = Math.min(devicePixelRatio, 2)
  const { clientWidth: width, clientHeight: tall } = canvas
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(tall * scale)
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.strokeStyle = getComputedStyle(canvas).color
  context.lineJoin = 'round'
  return { context, width, height: tall }
}

function draw({ context: c, width: w, height: h }: Sheet, amplitude: number, phase: number): void {
  c.clearRect(0, 0, w, h)
  for (const s of strands) {
    c.globalAlpha = s.opacity
    c.lineWidth = s.thick
    c.beginPath()
    for (let x = 0; x < w + step; x += step) c.lineTo(x, h / 2 + (h / height) * sway(Math.min(x / w, 1), amplitude * s.scale, phase + s.shift))
    c.stroke()
  }
}

export function LiveLine({ level, idle = 2.5, class: more = '' }: { level: () => number; idle?: number; class?: string }) {
  const ref = useRef<HTMLCanvasElement>(null)
  const read = useRef(level)
  read.current = level

  useEffect(() => {
    const canvas = ref.current
    if (!canvas) return
    const calm = matchMedia('(prefers-reduced-motion: reduce)')
    const looks = matchMedia('(prefers-color-scheme: dark)')
    let shown = 0
    let phase = 0
    let resting = false
    let sheet: Sheet | undefined
    const anew = () => {
      sheet = undefined
      resting = false // drawn once more, then it rests again
    }
    const tick = () => {
      if (document.hidden) return
      shown += (read.current() - shown) * 0.5
      const still = shown < 0.01
      if (still && resting) return
      resting = still
      if (still) shown = 0
      else if (!calm.matches) phase += everyMs / 160
      sheet ??= sheetOf(canvas)
      if (sheet) draw(sheet, idle + shown * 54, phase)
    }
    tick()
    const timer = setInterval(tick, everyMs)
    const size = new ResizeObserver(anew)
    size.observe(canvas)
    looks.addEventListener('change', anew)
    return () => {
      clearInterval(timer)
      size.disconnect()
      looks.removeEventListener('change', anew)
    }
  }, [idle])

  return <canvas ref={ref} aria-hidden="true" class={`text-wire block w-full ${more}`} />
}
