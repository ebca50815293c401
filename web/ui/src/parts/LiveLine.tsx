// The line of Partyline: a wire that moves with a voice. It is drawn frame by frame from a
// level and says nothing that isn't also said in words.
import { useEffect, useRef } from 'preact/hooks'

const width = 600
const height = 120
const points = 72
const everyMs = 30 // smooth enough, and half the work of every frame

/** The wire at a moment: amplitude in units of the box, phase in radians. */
export function curve(amplitude: number, phase: number): string {
  let d = ''
  for (let i = 0; i <= points; i++) {
    const x = i / points
    const envelope = Math.sin(Math.PI * x)
    const wave = Math.sin(x * 22 - phase) * 0.65 + Math.sin(x * 37 + phase * 1.3) * 0.35
    const y = height / 2 + amplitude * envelope * envelope * wave
    d += `${i ? 'L' : 'M'}${(x * width).toFixed(1)} ${y.toFixed(1)}`
  }
  return d
}

const strands = [
  { opacity: 0.25, thick: 1.5, scale: 0.55, shift: 1.9 },
  { opacity: 0.45, thick: 1.5, scale: 0.8, shift: 0.9 },
  { opacity: 1, thick: 2.5, scale: 1, shift: 0 },
]

export function LiveLine({ level, idle = 2.5, class: more = '' }: { level: () => number; idle?: number; class?: string }) {
  const svg = useRef<SVGSVGElement>(null)
  const read = useRef(level)
  read.current = level

  useEffect(() => {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    const paths = [...(svg.current?.querySelectorAll('path') ?? [])]
    let frame = 0
    let drawn = 0
    let shown = 0
    const draw = (now: number) => {
      frame = requestAnimationFrame(draw)
      if (now - drawn < everyMs) return
      drawn = now
      shown += (read.current() - shown) * 0.4
      const phase = still ? 0 : now / 160
      strands.forEach((s, i) => paths[i]?.setAttribute('d', curve((idle + shown * 54) * s.scale, phase + s.shift)))
    }
    frame = requestAnimationFrame(draw)
    return () => cancelAnimationFrame(frame)
  }, [])

  return (
    <svg ref={svg} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" class={`text-wire w-full transform-gpu ${more}`}>
      {strands.map((s) => (
        <path d={curve(idle * s.scale, s.shift)} fill="none" stroke="currentColor" stroke-width={s.thick} stroke-linecap="round" opacity={s.opacity} vector-effect="non-scaling-stroke" />
      ))}
    </svg>
  )
}
