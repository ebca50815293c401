// Joins the state machine to a socket and a peer connection, and shows the call as a
// signal. Whoever renders reads `call`; whoever acts calls the methods.
import { signal, type ReadonlySignal } from '@preact/signals'
import { peer, type Peer } from '../audio/peer.ts'
import { idle, step, type Call, type Effect, type Event, type News } from './call.ts'
import { wire, type Wire } from './socket.ts'
import type { Command, Do, Target } from './types.ts'

export interface Session {
  call: ReadonlySignal<Call>
  sound: ReadonlySignal<MediaStream | null>
  join(name: string, options: { resume?: string; muted: boolean; track: MediaStreamTrack | null }): void
  mute(on: boolean): void
  decline(): void
  hand(on: boolean): void
  key(digit: string): void
  /** A host's command; it fails with an Error whose message is the gateway's code. */
  command(what: Do, more?: Omit<Command, 'type' | 'do' | 'id'>): Promise<void>
  track(track: MediaStreamTrack | null): void
  /** The network may have changed: look for a new path at once. */
  renew(): void
  leave(): void
  reset(): void
}

const settleAfter = 2500
const restartEvery = 2500
const restartsBeforeNew = 3

export function session(target: Target, lang: string, heard: (news: News) => void): Session {
  const call = signal<Call>(idle)
  const sound = signal<MediaStream | null>(null)
  const open = new Map<number, { done: () => void; failed: (e: Error) => void }>()
  let socket: Wire | undefined
  let leg: Peer | undefined
  let ice: RTCIceServer[] = []
  let mic: MediaStreamTrack | null = null
  let name = ''
  let next = 1
  let mending: ReturnType<typeof setTimeout> | undefined
  let restarts = 0

  function act(event: Event): void {
    if (event.type === 'server' && event.message.type === 'welcome') ice = event.message.ice ?? []
    const [after, effects] = step(call.value, event)
    call.value = after
    if (mic) mic.enabled = !after.muted
    for (const e of effects) perform(e)
  }

  function perform(e: Effect): void {
    switch (e.do) {
      case 'send':
        return socket?.send(e.message)
      case 'offer':
        if (!e.restart || !leg) connect()
        // Mending waits for what this offer brings: another one now would begin anew.
        else if (call.value.media === 'down') mendLater()
        return void leg?.offer(e.restart, true).catch(connectAnew)
      case 'answer':
        return void leg?.answer(e.sdp).catch(connectAnew)
      case 'news':
        return heard(e.news)
      case 'settle':
        return void setTimeout(act, settleAfter, { type: 'settled' })
      case 'again':
        return socket?.renew()
      case 'done':
        return finish(e.id, e.code)
      case 'close':
        return hangUp()
    }
  }

  function connect(): void {
    leg?.close()
    restarts = 0
    leg = peer(ice, mic, {
      offer: (sdp) => socket?.send({ type: 'offer', sdp }),
      candidate: (candidate) => socket?.send({ type: 'candidate', candidate }),
      up: media,
      sound: (stream) => (sound.value = stream),
    })
  }

  function connectAnew(): void {
    connect()
    void leg?.offer(false, true)
  }

  function media(up: boolean): void {
    act({ type: 'media', up })
    if (up) {
      restarts = 0
      mendNoMore()
    } else if (mending === undefined) mend() // "failed" after "disconnected" is no other loss
  }

  /** Restart ICE until there is a path; when that doesn't help, begin a new connection. */
  function mend(): void {
    if (call.value.online) {
      if (restarts++ < restartsBeforeNew) void leg?.offer(true, restarts > 1).catch(connectAnew)
      else connectAnew()
    }
    mendLater()
  }

  function mendLater(): void {
    mendNoMore()
    mending = setTimeout(mend, restartEvery)
  }

  function mendNoMore(): void {
    clearTimeout(mending)
    mending = undefined
  }

  function finish(id: number, code?: string): void {
    const asked = open.get(id)
    open.delete(id)
    if (code === undefined) asked?.done()
    else asked?.failed(new Error(code))
  }

  function hangUp(): void {
    mendNoMore()
    socket?.close()
    leg?.close()
    socket = leg = undefined
    sound.value = null
    for (const id of [...open.keys()]) finish(id, 'closed')
  }

  return {
    call,
    sound,
    join(as, options) {
      hangUp() // an attempt that is still under way would end this one when it fails
      name = as
      mic = options.track
      act({ type: 'join', resume: options.resume ?? '', muted: options.muted || !mic })
      const url = new URL('/api/v1/signal', location.href)
      url.protocol = url.protocol.replace('http', 'ws')
      socket = wire(url.href, {
        open: () => ({ type: 'hello', v: 1, ...target, name, lang, ...(call.value.resume ? { resume: call.value.resume } : {}) }),
        message: (message) => act({ type: 'server', message }),
        down: () => act({ type: 'socket', up: false }),
        gaveUp: () => act({ type: 'gave-up' }),
      })
    },
    mute: (on) => act({ type: 'mute', on: on || !mic }),
    decline: () => act({ type: 'decline' }),
    hand: (on) => socket?.send({ type: 'hand', on }),
    key: (digit) => act({ type: 'key', digit }),
    command(what, more = {}) {
      if (!call.value.online) return Promise.reject(new Error('closed'))
      const id = next++
      return new Promise((done, failed) => {
        open.set(id, { done, failed })
        socket?.send({ type: 'command', do: what, ...more, id })
      })
    },
    track(track) {
      mic = track
      if (mic) mic.enabled = !call.value.muted
      leg?.send(track)
    },
    renew: () => socket?.renew(),
    leave: () => act({ type: 'leave' }),
    reset: () => act({ type: 'reset' }),
  }
}
