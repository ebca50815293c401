// The microphone: whether we may use it, which one, and its sound. One source track feeds
// the meter; the call gets a copy, so that a muted call still shows that the mic is alive.
import { signal } from '@preact/signals'
import { recall, remember } from '../stored.ts'
import { meter, type Meter } from './level.ts'

export type MicState =
  | 'idle' // not asked yet
  | 'asking'
  | 'on'
  | 'denied'
  | 'missing'
  | 'busy' // another program has it
  | 'insecure' // the page came without HTTPS
  | 'unsupported' // no WebRTC

export const micState = signal<MicState>('idle')
export const inputs = signal<MediaDeviceInfo[]>([])
export const outputs = signal<MediaDeviceInfo[]>([])
export const input = signal(recall('mic'))
export const output = signal(recall('speaker'))
/** The copy that the call sends; null when there is no microphone. */
export const sending = signal<MediaStreamTrack | null>(null)

export const canChooseOutput = typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype

let source: MediaStream | undefined
let gauge: Meter | undefined
let lost: ((label: string) => void) | undefined

export const level = (): number => gauge?.read() ?? 0

/** What this browser can do, before anything is asked of the person. */
export async function look(): Promise<void> {
  if (!window.isSecureContext) micState.value = 'insecure'
  else if (!navigator.mediaDevices?.getUserMedia || typeof RTCPeerConnection === 'undefined') micState.value = 'unsupported'
  if (micState.value !== 'idle') return
  navigator.mediaDevices.ondevicechange = () => void changed()
  const permission = await query()
  if (!permission) return
  permission.onchange = () => {
    if (permission.state === 'granted' && micState.value !== 'on') void open()
    if (permission.state === 'denied') close('denied')
  }
  if (permission.state === 'granted') await open()
  if (permission.state === 'denied') micState.value = 'denied'
}

async function query(): Promise<PermissionStatus | undefined> {
  try {
    return await navigator.permissions.query({ name: 'microphone' as PermissionName })
  } catch {
    return undefined // the browser only says when asked
  }
}

export const usable = (): boolean => micState.value !== 'insecure' && micState.value !== 'unsupported'

/** Asks for the microphone. It never throws: micState says how it went. */
export async function open(id = input.value): Promise<void> {
  if (!usable()) return
  if (micState.value !== 'on') micState.value = 'asking'
  try {
    take(await navigator.mediaDevices.getUserMedia({ audio: wishes(id) }))
  } catch (e) {
    const name = e instanceof DOMException ? e.name : ''
    if (id && (name === 'OverconstrainedError' || name === 'NotFoundError')) return open('')
    close(name === 'NotFoundError' ? 'missing' : name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'denied')
  }
  await refresh()
}

const wishes = (id: string): MediaTrackConstraints => ({
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
  ...(id ? { deviceId: { exact: id } } : {}),
})

function take(stream: MediaStream): void {
  release()
  source = stream
  gauge = meter(stream)
  const track = stream.getAudioTracks()[0]
  input.value = track?.getSettings().deviceId ?? ''
  if (track) track.onended = () => void gone(track.label)
  sending.value = track?.clone() ?? null
  micState.value = 'on'
}

/** The device in use was unplugged: go on with the system's choice. */
async function gone(label: string): Promise<void> {
  await open('')
  lost?.(label)
}

export function onLost(told: (label: string) => void): void {
  lost = told
}

export async function choose(id: string): Promise<void> {
  remember('mic', id)
  await open(id)
}

export function chooseOutput(id: string): void {
  remember('speaker', id)
  output.value = id
}

async function changed(): Promise<void> {
  await refresh()
  if (micState.value === 'missing' && inputs.value.length > 0) await open()
}

async function refresh(): Promise<void> {
  const all = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.deviceId !== '')
  inputs.value = all.filter((d) => d.kind === 'audioinput')
  outputs.value = all.filter((d) => d.kind === 'audiooutput')
  if (output.value && !outputs.value.some((d) => d.deviceId === output.value)) output.value = ''
}

function release(): void {
  gauge?.close()
  gauge = undefined
  sending.value?.stop()
  source?.getTracks().forEach((track) => {
    track.onended = null
    track.stop()
  })
  source = undefined
}

export function close(state: MicState = 'idle'): void {
  release()
  sending.value = null
  micState.value = state
}
