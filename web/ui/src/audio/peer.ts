// The browser's leg: one peer connection with one audio line. We offer, the gateway
// answers; candidates trickle. A lost path is mended by an ICE restart on the same
// connection, so that the sound goes on where it stopped.
import { forSpeech } from './sdp.ts'

export interface Peer {
  /** Makes an offer and sends it. forced: an offer that is out will get no answer any more. */
  offer(restart: boolean, forced: boolean): Promise<void>
  answer(sdp: string): Promise<void>
  send(track: MediaStreamTrack | null): void
  close(): void
}

export interface PeerEnds {
  offer(sdp: string): void
  candidate(candidate: string): void
  up(up: boolean): void
  sound(stream: MediaStream): void
}

export function peer(ice: RTCIceServer[], track: MediaStreamTrack | null, ends: PeerEnds): Peer {
  const pc = new RTCPeerConnection({ iceServers: ice, bundlePolicy: 'max-bundle' })
  const line = pc.addTransceiver(track ?? 'audio', { direction: track ? 'sendrecv' : 'recvonly' })
  let again = false // the direction has changed while an offer was out
  let held: string[] | undefined = [] // candidates that wait for their offer to be out

  pc.onicecandidate = (e) => {
    const text = e.candidate?.candidate ?? ''
    if (held) held.push(text)
    else ends.candidate(text)
  }
  pc.ontrack = (e) => ends.sound(e.streams[0] ?? new MediaStream([e.track]))
  pc.oniceconnectionstatechange = pc.onconnectionstatechange = () => {
    const bad = pc.iceConnectionState === 'disconnected' || pc.connectionState === 'failed' || pc.iceConnectionState === 'failed'
    if (bad) ends.up(false)
    else if (pc.connectionState === 'connected') ends.up(true)
  }

  async function offer(restart: boolean, forced: boolean): Promise<void> {
    if (pc.signalingState === 'closed') return
    if (pc.signalingState === 'have-local-offer' && !forced) return
    held = []
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: restart }))
    ends.offer(forSpeech(pc.localDescription?.sdp ?? ''))
    const ready: string[] = held ?? []
    held = undefined
    for (const c of ready) ends.candidate(c)
  }

  return {
    offer,
    async answer(sdp) {
      // An answer to an offer that has been overtaken is of no use.
      if (pc.signalingState !== 'have-local-offer') return
      await pc.setRemoteDescription({ type: 'answer', sdp: forSpeech(sdp) })
      if (!again) return
      again = false
      await offer(false, false)
    },
    send(next) {
      void line.sender.replaceTrack(next)
      // Who listened only speaks now: that is to be agreed. The way back needs no words.
      if (!next || line.direction === 'sendrecv') return
      line.direction = 'sendrecv'
      if (pc.signalingState === 'have-local-offer') again = true
      else if (pc.localDescription) void offer(false, false)
    },
    close() {
      pc.onicecandidate = pc.ontrack = pc.oniceconnectionstatechange = pc.onconnectionstatechange = null
      pc.close()
    },
  }
}
