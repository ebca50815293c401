// How loud a stream is, 0 to 1, as the ear has it: -60 dB is nothing, -10 dB is all.
let context: AudioContext | undefined

/** The page's one audio context; browsers want a click before it runs. */
export function audioContext(): AudioContext {
  context ??= new AudioContext({ latencyHint: 'interactive' })
  if (context.state === 'suspended') void context.resume()
  return context
}

export interface Meter {
  read(): number
  close(): void
}

export function fromRms(rms: number): number {
  if (rms <= 0) return 0
  const db = 20 * Math.log10(rms)
  return Math.min(1, Math.max(0, (db + 60) / 50))
}

export function meter(stream: MediaStream): Meter {
  const ctx = audioContext()
  const source = ctx.createMediaStreamSource(stream)
  const analyser = ctx.createAnalyser()
  analyser.fftSize = 1024
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  let shown = 0
  return {
    read() {
      if (ctx.state === 'suspended') void ctx.resume()
      analyser.getFloatTimeDomainData(samples)
      let sum = 0
      for (const s of samples) sum += s * s
      const now = fromRms(Math.sqrt(sum / samples.length))
      shown = now > shown ? now : shown * 0.88 + now * 0.12 // quick up, slow down
      return shown
    },
    close() {
      source.disconnect()
    },
  }
}
