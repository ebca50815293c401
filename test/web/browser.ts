// Debian's Chromium with a profile of its own and speech as its microphone.
//
// One process has one microphone, so each guest of a room is a browser. Before the
// page's own scripts run, every page gets a wrapper around RTCPeerConnection: it
// keeps the connections, so that a test can listen to what arrives, and can force
// relays or lead the media through a relay of the test.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from '@playwright/test'
import { rate } from './sound.ts'

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

/** What the microphone of a browser is: a file, refused, or not there at all. */
export type Microphone = { file: string } | 'denied' | 'missing'

/** Starts a browser. Its own end, or that of the test, closes it. */
export async function launch(mic: Microphone): Promise<Browser> {
  if (!executable) throw new Error('Chromium is not installed: make setup')
  const args = [...flags]
  if (mic === 'denied') args.push('--use-fake-ui-for-media-stream=deny')
  else args.push('--use-fake-ui-for-media-stream')
  if (mic === 'missing') args.splice(args.indexOf('--use-fake-device-for-media-stream'), 1)
  if (typeof mic === 'object') args.push(`--use-file-for-fake-audio-capture=${mic.file}`)
  return chromium.launch({ executablePath: executable, args })
}

/** How a page reaches the gateway's media. */
export interface Network {
  /** Only TURN relays. */
  relayOnly?: boolean
  /** The UDP port that stands in for the gateway's; TCP is left out unless kept. */
  udpPort?: number
  keepTCP?: boolean
}

/** Opens a page with the wrapper in it. */
export async function open(browser: Browser, options: BrowserContextOptions = {}, network: Network = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options })
  await wrap(context, network)
  return context.newPage()
}

export async function wrap(context: BrowserContext, network: Network): Promise<void> {
  await context.addInitScript((n: Network) => {
    const kept: RTCPeerConnection[] = []
    window.testNetwork = n
    const own = window.RTCPeerConnection
    class Wrapped extends own {
      constructor(config?: RTCConfiguration) {
        super(n.relayOnly ? { ...config, iceTransportPolicy: 'relay' } : config)
        kept.push(this)
      }
      override async setRemoteDescription(d: RTCSessionDescriptionInit): Promise<void> {
        return super.setRemoteDescription(n.udpPort ? { ...d, sdp: led(d.sdp ?? '', n.udpPort) } : d)
      }
    }
    const led = (sdp: string, port: number) =>
      sdp
        .split('\r\n')
        .filter((l) => n.keepTCP || !/^a=candidate:\S+ \d tcp/i.test(l))
        .map((l) => l.replace(/^(a=candidate:\S+ \d udp \d+ \S+) \d+/i, `$1 ${port}`))
        .join('\r\n')
    window.RTCPeerConnection = Wrapped
    window.testConnections = kept
  }, network)
}

declare global {
  interface Window {
    testConnections: RTCPeerConnection[]
    testNetwork: Network
  }
}

/**
 * The next seconds of what a page plays, at 8 kHz: recorded from the stream of its
 * audio element, which has to be playing.
 */
export async function listen(page: Page, seconds: number): Promise<Float32Array> {
  const text = await page.evaluate(
    async ({ seconds, rate }) => {
      const playing = () => [...document.querySelectorAll('audio')].find((a) => a.srcObject instanceof MediaStream && !a.paused && !a.muted)
      const audio = playing()
      if (!audio) throw new Error('the page plays nothing')
      const context = new AudioContext({ sampleRate: rate })
      // The page may begin another connection meanwhile: what it plays is followed.
      let stream = audio.srcObject as MediaStream
      let source = context.createMediaStreamSource(stream)
      const tap = context.createScriptProcessor(2048, 1, 1)
      const out = new Int16Array(Math.ceil(seconds * rate))
      await new Promise<void>((full) => {
        let at = 0
        tap.onaudioprocess = (e) => {
          if (audio.srcObject instanceof MediaStream && audio.srcObject !== stream) {
            stream = audio.srcObject
            source.disconnect()
            source = context.createMediaStreamSource(stream)
            source.connect(tap)
          }
          for (const v of e.inputBuffer.getChannelData(0)) {
            if (at === out.length) return full()
            out[at++] = Math.max(-1, Math.min(1, v)) * 32767
          }
        }
        source.connect(tap)
        tap.connect(context.destination)
      })
      source.disconnect()
      await context.close()
      let bytes = ''
      for (const b of new Uint8Array(out.buffer)) bytes += String.fromCharCode(b)
      return btoa(bytes)
    },
    { seconds, rate },
  )
  const bytes = Buffer.from(text, 'base64')
  const sound = new Float32Array(bytes.length / 2)
  for (let i = 0; i < sound.length; i++) sound[i] = bytes.readInt16LE(2 * i) / 32768
  return sound
}
