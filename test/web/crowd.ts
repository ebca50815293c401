// A gateway that is played: the signalling of a call with a crowd in it, for states that
// take many people, and for pictures that are alike each time. The page comes from the
// real gateway; only its WebSocket and its peer connection are stood in for.
import type { Page, WebSocketRoute } from '@playwright/test'

export interface Person {
  id: string
  name: string
  kind: 'browser' | 'phone' | 'room-system'
  host: boolean
  muted: boolean
  hand: boolean
  talking: boolean
  you?: boolean
  state?: 'lobby' | 'room'
  codec?: string
  loss?: number
  jitter_ms?: number
  rtt_ms?: number
  mos?: number
  number?: string
}

export interface Scene {
  role?: 'guest' | 'host'
  title?: string
  place?: 'lobby' | 'room'
  people?: Person[]
  locked?: boolean
  quality?: { loss: number; jitter_ms: number; rtt_ms: number; mos: number; level: number }
  /** The ways in, where the page is told by the call and not by its link. */
  ways?: object
  /** Refuses instead: the cause of the "bye". */
  bye?: string
}

export const person = (id: string, name: string, kind: Person['kind'], more: Partial<Person> = {}): Person => ({
  id, name, kind, host: false, muted: false, hand: false, talking: false, ...more,
})

/** Six people of all kinds: one talks, one has raised a hand, one is muted. */
export const table: Person[] = [
  person('w-1', 'Ada Lovelace', 'browser', { you: true }),
  person('w-2', 'Grace Hopper', 'browser', { host: true }),
  person('s-1', '+41 44 *** ** 18', 'phone', { talking: true }),
  person('s-2', '+49 30 ****** 77', 'phone', { muted: true, hand: true }),
  person('h-1', 'Boardroom Zürich', 'room-system', { muted: true }),
  person('w-3', 'Łukasz Wiśniewski-Żółkiewski', 'browser', { hand: true }),
]

const names = [
  'Ada Lovelace', 'Alan Turing', 'Katherine Johnson', 'Radia Perlman', 'Barbara Liskov', 'Ken Thompson', 'Margaret Hamilton',
  'Edsger Dijkstra', 'Hedy Lamarr', 'Donald Knuth', 'Jean Bartik', 'Tony Hoare', 'Frances Allen', 'Niklaus Wirth', 'Adele Goldberg',
  'Lynn Conway', 'Vint Cerf', 'Sophie Wilson', 'Claude Shannon', 'Mary Keller', 'Elizabeth Feinler', 'Kateryna Yushchenko',
]

const figures = (n: number): Partial<Person> => ({
  codec: ['Opus', 'PCMA', 'G.722', 'PCMU'][n % 4]!,
  loss: [0, 0.002, 0.012, 0.061][n % 4]!,
  jitter_ms: 2 + ((n * 7) % 40),
  rtt_ms: 18 + ((n * 31) % 210),
  mos: [4.4, 4.2, 3.7, 2.8][n % 4]!,
})

/** Thirty in the room, as its host sees them, and three who wait. */
export function thirty(): Person[] {
  const all: Person[] = [person('w-0', 'Grace Hopper', 'browser', { you: true, host: true })]
  for (let i = 0; all.length < 30; i++) {
    const talking = i === 3
    const more = { muted: i % 3 === 1, talking, hand: i === 7 || i === 12, host: i === 5 }
    if (i % 4 === 3) all.push(person(`s-${i}`, `+41 79 *** ** ${10 + i}`, 'phone', { ...more, number: `+41 79 *** ** ${10 + i}` }))
    else if (i % 9 === 5) all.push(person(`h-${i}`, ['Boardroom', 'Auditorium', 'Lab', 'Studio'][i % 4]!, 'room-system', more))
    else all.push(person(`w-${i + 1}`, names[i % names.length]!, 'browser', more))
  }
  const there = all.map((p, i) => ({ ...p, ...figures(i), state: 'room' as const }))
  const waiting = [
    person('l-1', 'Linus Pauling', 'browser', { state: 'lobby' }),
    person('l-2', '+39 06 **** ** 41', 'phone', { state: 'lobby', number: '+39 06 **** ** 41' }),
    person('l-3', 'Marie Skłodowska Curie', 'browser', { state: 'lobby' }),
  ]
  return [...there, ...waiting]
}

/** The played gateway of one page. */
export class Crowd {
  private socket: WebSocketRoute | undefined
  /** What the page has sent. */
  readonly sent: { type: string; [more: string]: unknown }[] = []

  private constructor(private readonly scene: Scene) {}

  /** Plays a scene to all calls of a page from now on. */
  static async play(page: Page, scene: Scene): Promise<Crowd> {
    const c = new Crowd(scene)
    await page.addInitScript(quietPeer)
    await page.routeWebSocket(/\/api\/v1\/signal/, (ws) => {
      c.socket = ws
      ws.onMessage((text) => c.hear(JSON.parse(String(text))))
    })
    return c
  }

  say(message: object): void {
    this.socket?.send(JSON.stringify(message))
  }

  private hear(m: { type: string; [more: string]: unknown }): void {
    this.sent.push(m)
    if (m.type === 'hello') this.welcome()
    if (m.type === 'offer') this.say({ type: 'answer', sdp: 'v=0\r\n' })
    if (m.type === 'command') this.say({ type: 'done', id: m.id })
  }

  private welcome(): void {
    const s = this.scene
    const you = s.people?.find((p) => p.you)?.id ?? 'w-1'
    if (s.bye) return this.say({ type: 'bye', cause: s.bye, text: '' })
    this.say({ type: 'welcome', you, resume: 'resume-1', role: s.role ?? 'guest', title: s.title ?? 'Quarterly review', ice: [], ways: s.ways })
    this.say({ type: 'state', state: s.place ?? 'room' })
    if (s.place === 'lobby') return
    this.say({ type: 'roster', locked: s.locked ?? false, people: s.people ?? table })
    this.say({ type: 'quality', ...(s.quality ?? { loss: 0.002, jitter_ms: 4, rtt_ms: 24, mos: 4.3, level: -26 }) })
  }
}

// A peer connection that is connected as soon as it has an answer, and silent.
function quietPeer(): void {
  class Quiet extends EventTarget {
    connectionState = 'new'
    iceConnectionState = 'new'
    signalingState = 'stable'
    localDescription: { type: string; sdp: string } | null = null
    onconnectionstatechange: (() => void) | null = null
    oniceconnectionstatechange: (() => void) | null = null
    addTransceiver() {
      return { direction: 'sendrecv', sender: { replaceTrack: async () => undefined } }
    }
    async createOffer() {
      return { type: 'offer', sdp: 'v=0\r\n' }
    }
    async setLocalDescription(d: { type: string; sdp: string }) {
      this.localDescription = d
      this.signalingState = 'have-local-offer'
    }
    async setRemoteDescription() {
      this.signalingState = 'stable'
      this.connectionState = this.iceConnectionState = 'connected'
      this.onconnectionstatechange?.()
    }
    async addIceCandidate() {}
    async getStats() {
      return new Map()
    }
    close() {
      this.signalingState = 'closed'
    }
  }
  Object.assign(window, { RTCPeerConnection: Quiet })
}
