// Where sound comes out: the speaker test, and the room's sound with the rules that
// browsers have for playing unasked.
import { effect, signal, type ReadonlySignal } from '@preact/signals'
import { chime } from './chime.ts'
import { canChooseOutput, output } from './mic.ts'

/** The browser wants a tap before it plays the room. */
export const blocked = signal(false)
export const ringing = signal(false)

let test: HTMLAudioElement | undefined

async function route(audio: HTMLAudioElement): Promise<void> {
  if (!canChooseOutput) return
  try {
    await audio.setSinkId(output.peek())
  } catch {
    // The device is gone; the default plays.
  }
}

/** Plays the test notes on the chosen speaker. */
export async function ring(): Promise<void> {
  test ??= new Audio(URL.createObjectURL(chime()))
  test.onended = test.onerror = () => (ringing.value = false)
  await route(test)
  test.currentTime = 0
  ringing.value = true
  try {
    await test.play()
  } catch {
    ringing.value = false
  }
}

/** Lets the sound out of an <audio> element, on the chosen speaker, until dispose is called. */
export function play(audio: HTMLAudioElement, sound: ReadonlySignal<MediaStream | null>): () => void {
  audio.setAttribute('playsinline', '') // iOS: no player over the page
  const stream = effect(() => {
    audio.srcObject = sound.value
    if (sound.value) void start(audio)
  })
  const device = effect(() => {
    void output.value
    void route(audio)
  })
  return () => {
    stream()
    device()
    audio.srcObject = null
    blocked.value = false
  }
}

export async function start(audio: HTMLAudioElement): Promise<void> {
  try {
    await audio.play()
    blocked.value = false
  } catch (e) {
    // A new stream aborts the play of the old one: that is no refusal.
    blocked.value = e instanceof DOMException && e.name === 'NotAllowedError'
  }
}
