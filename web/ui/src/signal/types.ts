// The messages between page and gateway, as docs/signalling.md has them. JSON text over
// one WebSocket at /api/v1/signal; "hello" is the first.

/** A number to dial. tel is a one-tap link; display is how people write it. */
export interface DialIn {
  number: string
  display: string
  label?: string
  language?: string
  tel: string
}

/** Every way into the room. What isn't configured is absent. */
export interface Ways {
  link?: string
  numbers?: DialIn[]
  extension?: string
  pin?: string
  sip?: string
  sip_backup?: string // at the second gateway
  h323?: string
  h323_backup?: string
  dial_in?: string
}

export type Kind = 'browser' | 'phone' | 'room-system'
export type Place = 'lobby' | 'room'

/** Somebody in the room. From state on, only hosts see it; figures are absent until known. */
export interface Person {
  id: string
  name: string // empty: a phone of which nothing is known
  kind: Kind
  host: boolean
  muted: boolean
  hand: boolean
  talking: boolean
  state?: Place
  codec?: string
  loss?: number // share of packets, 0 to 1
  jitter_ms?: number
  rtt_ms?: number
  mos?: number // 1 to 4.5, E-model
  number?: string // masked
}

export interface Quality {
  loss: number
  jitter_ms: number
  rtt_ms: number
  mos: number
  level?: number // dBov
}

/** Where to go: a guest link, a room of a signed-in host, or the echo. */
export interface Target {
  link?: string
  room?: string
  test?: boolean
}

export interface Hello extends Target {
  type: 'hello'
  v: 1
  name: string
  lang: string
  resume?: string
}

export type Do =
  | 'mute'
  | 'admit'
  | 'admit-all'
  | 'mute-all'
  | 'remove'
  | 'lock'
  | 'rename'
  | 'make-host'
  | 'lower-hand'
  | 'end'

export interface Command {
  type: 'command'
  do: Do
  who?: string
  name?: string
  on?: boolean
  id?: number
}

export type ToServer =
  | Hello
  | { type: 'offer'; sdp: string }
  | { type: 'candidate'; candidate: string }
  | { type: 'mute'; on: boolean }
  | { type: 'hand'; on: boolean }
  | { type: 'name'; name: string }
  | { type: 'key'; digit: string }
  | { type: 'leave' }
  | { type: 'ping' }
  | Command

export interface Welcome {
  type: 'welcome'
  you: string
  resume: string
  role: 'guest' | 'host'
  title?: string // none in the test call
  room?: string // its id, for hosts who are signed in
  ice?: RTCIceServer[]
  ways?: Ways
}

export type NoticeKind = 'muted' | 'unmuted' | 'hand-lowered' | 'admitted' | 'host' | 'removed' | 'ended'

export type FromServer =
  | Welcome
  | { type: 'answer'; sdp: string }
  | { type: 'state'; state: 'connecting' | Place }
  | { type: 'roster'; locked?: boolean; people: Person[] }
  | { type: 'people'; set?: Person[]; gone?: string[]; locked?: boolean }
  | { type: 'notice'; kind: NoticeKind }
  | { type: 'moved'; role: 'guest' | 'host'; title: string; room?: string; ways?: Ways }
  | ({ type: 'quality' } & Quality)
  | { type: 'error'; code: string; field?: string; message: string; id?: number }
  | { type: 'done'; id: number }
  | { type: 'bye'; cause: string; text: string; wait?: number }
  | { type: 'pong' }
