// Speech to send, and how much of it is found in what was heard.
//
// Sounds are compared at 8 kHz, wave by wave: codecs, levelling and a browser's noise
// suppression leave the waves of speech where they are, while two people's speech, and
// the same person's at another moment, have nothing in common.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const rate = 8000

const texts = [
  'The quick brown fox jumps over the lazy dog. Please call Stella and ask her to bring these things with her from the store. Six spoons of fresh snow peas.',
  'When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow. The rainbow is a division of white light into many beautiful colours.',
  'Once upon a midnight dreary, while I pondered, weak and weary, over many a quaint and curious volume of forgotten lore, suddenly there came a tapping.',
]
const voices = ['en-gb', 'en-us+f3', 'en+m7']

/** A voice: files for a browser's microphone and for a phone, and the sound itself. */
export interface Voice {
  browser: string // 48 kHz, 2 channels
  phone: string // 8 kHz, for minutes: baresip hangs up at the end
  sound: Float32Array
}

const dir = join(tmpdir(), `partyline-web-speech-${process.pid}`)
const made = new Map<number, Voice>()

/** Speech of one of three people. */
export function voice(i: 0 | 1 | 2): Voice {
  const known = made.get(i)
  if (known) return known
  mkdirSync(dir, { recursive: true })
  const raw = join(dir, `raw-${i}.wav`)
  const v = { browser: join(dir, `browser-${i}.wav`), phone: join(dir, `phone-${i}.wav`) }
  execFileSync('espeak-ng', ['-v', voices[i]!, '-s', '165', '-w', raw, texts[i]!])
  execFileSync('sox', [raw, '-r', '48000', '-c', '2', '-b', '16', v.browser, 'norm', '-3'])
  const once = join(dir, `once-${i}.wav`)
  execFileSync('sox', [raw, '-r', String(rate), '-c', '1', '-b', '16', once, 'norm', '-3'])
  execFileSync('sox', [once, v.phone, 'repeat', '19'])
  const all = { ...v, sound: readWAV(once) }
  made.set(i, all)
  return all
}

/** A steady tone as microphone, for pictures that are alike each time. */
export function tone(): string {
  mkdirSync(dir, { recursive: true })
  const file = join(dir, 'tone.wav')
  execFileSync('sox', ['-n', '-r', '48000', '-c', '2', '-b', '16', file, 'synth', '10', 'sine', '220', 'gain', '-22'])
  return file
}

/** The samples of a 16-bit WAV of one channel, also of one that is still written. */
export function readWAV(file: string): Float32Array {
  const b = readFileSync(file)
  let at = 12
  while (at + 8 <= b.length && b.toString('latin1', at, at + 4) !== 'data') at += 8 + b.readUInt32LE(at + 4)
  const out = new Float32Array(Math.max(0, (b.length - at - 8) >> 1))
  for (let i = 0; i < out.length; i++) out[i] = b.readInt16LE(at + 8 + 2 * i) / 32768
  return out
}

/** Loudness in dB below full scale; -Infinity is digital silence. */
export function level(sound: Float32Array): number {
  let sum = 0
  for (const v of sound) sum += v * v
  return 10 * Math.log10(sum / Math.max(1, sound.length))
}

const piece = rate // 1 s

/**
 * What likeness is at least when speech is there, also mixed with another's and with
 * gaps of a busy machine in it; and at most when it isn't.
 */
export const there = 0.4
export const absent = 0.36
const sure = 0.6 // beyond doubt: no need to look at the rest

/**
 * How well speech is found in what was heard: the heard sound is cut into pieces of a
 * second, each is looked for anywhere in the speech, and the best match counts. 1 is the same
 * wave; others' speech has 0.2 to 0.3.
 */
export function likeness(speech: Float32Array, heard: Float32Array): number {
  let best = 0
  const find = finders.get(speech) ?? finder(speech)
  finders.set(speech, find)
  const parts: Float32Array[] = []
  for (let at = 0; at + piece <= heard.length; at += piece) {
    const part = heard.subarray(at, at + piece)
    if (level(part) > -50) parts.push(part)
  }
  for (let i = 0; i < parts.length && best < sure; i += 2) best = Math.max(best, find(parts[i]!, parts[i + 1] ?? silence))
  return best
}

const silence = new Float32Array(piece)
const finders = new WeakMap<Float32Array, (one: Float32Array, other: Float32Array) => number>()

// finder looks two pieces up in speech that goes round and round, by correlation in the
// frequency domain, and tells how well the better of them is found: the one goes through
// it as the real part, the other as the imaginary one.
function finder(speech: Float32Array): (one: Float32Array, other: Float32Array) => number {
  let n = 1
  while (n < speech.length + 2 * piece) n *= 2
  const re = new Float64Array(n)
  const im = new Float64Array(n)
  const round = speech.length + piece
  for (let i = 0; i < round; i++) re[i] = speech[i % speech.length]!
  const energy = new Float64Array(round + 1)
  for (let i = 0; i < round; i++) energy[i + 1] = energy[i]! + re[i]! * re[i]!
  fft(re, im)
  return (one, other) => {
    const a = new Float64Array(n)
    const b = new Float64Array(n)
    // Backwards: the product of the transforms is then the correlation.
    for (let i = 0; i < piece; i++) {
      a[(n - i) % n] = one[i]!
      b[(n - i) % n] = other[i]!
    }
    fft(a, b)
    for (let i = 0; i < n; i++) {
      const x = re[i]! * a[i]! - im[i]! * b[i]!
      const y = re[i]! * b[i]! + im[i]! * a[i]!
      a[i] = y
      b[i] = x // exchanged: the inverse by another forward transform
    }
    fft(a, b)
    const loud = [other, one].map((v) => v.reduce((sum, x) => sum + x * x, 0) + 1e-9)
    let best = 0
    for (let i = 0; i < speech.length; i++) {
      const there = energy[i + piece]! - energy[i]! + 1e-9
      best = Math.max(best, Math.abs(a[i]! / n) / Math.sqrt(loud[0]! * there), Math.abs(b[i]! / n) / Math.sqrt(loud[1]! * there))
    }
    return best
  }
}

const circles = new Map<number, [Float64Array, Float64Array]>()

// circle has the cosines and sines of a stage of a transform, one after the other.
function circle(size: number): [Float64Array, Float64Array] {
  let c = circles.get(size)
  if (!c) {
    c = [new Float64Array(size / 2), new Float64Array(size / 2)]
    for (let k = 0; k < size / 2; k++) {
      c[0][k] = Math.cos((-2 * Math.PI * k) / size)
      c[1][k] = Math.sin((-2 * Math.PI * k) / size)
    }
    circles.set(size, c)
  }
  return c
}

// fft is a forward transform in place; the length is a power of two.
function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i < j) {
      ;[re[i], re[j]] = [re[j]!, re[i]!]
      ;[im[i], im[j]] = [im[j]!, im[i]!]
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2
    const [cos, sin] = circle(size)
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < half; k++) {
        const i = start + k
        const c = cos[k]!
        const s = sin[k]!
        const x = re[i + half]! * c - im[i + half]! * s
        const y = re[i + half]! * s + im[i + half]! * c
        re[i + half] = re[i]! - x
        im[i + half] = im[i]! - y
        re[i]! += x
        im[i]! += y
      }
    }
  }
}
