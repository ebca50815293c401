// The speaker test: four notes, made here, so that nothing is fetched and the sink of an
// <audio> element can be chosen.
const rate = 24_000
const notes = [523.25, 659.25, 783.99, 1046.5]
const noteSeconds = 0.22

export function chime(): Blob {
  const total = Math.round(rate * (notes.length * noteSeconds + 0.6))
  const pcm = new Float32Array(total)
  notes.forEach((hz, n) => {
    const from = Math.round(n * noteSeconds * rate)
    for (let i = from; i < total; i++) {
      const s = (i - from) / rate
      const envelope = Math.min(1, s / 0.008) * Math.exp(-s * 5)
      pcm[i] = (pcm[i] ?? 0) + 0.22 * envelope * (Math.sin(2 * Math.PI * hz * s) + 0.25 * Math.sin(4 * Math.PI * hz * s))
    }
  })
  return wav(pcm)
}

function wav(pcm: Float32Array): Blob {
  const view = new DataView(new ArrayBuffer(44 + pcm.length * 2))
  const text = (at: number, s: string) => [...s].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + pcm.length * 2, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, pcm.length * 2, true)
  pcm.forEach((s, i) => view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, s)) * 32767, true))
  return new Blob([view.buffer], { type: 'audio/wav' })
}
