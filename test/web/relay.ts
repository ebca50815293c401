// Networks that a test can cut: between browser and gateway for media (UDP) and for
// page and signalling (TCP).
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket as Stream } from 'node:net'

/** A UDP port that stands in for the gateway's. */
export class UDPRelay {
  /** While true, nothing passes in either direction. */
  cut = false
  passed = 0
  private readonly beyond = new Map<string, Socket>()

  private constructor(
    private readonly near: Socket,
    private readonly to: number,
  ) {
    near.on('message', (b, from) => {
      if (!this.cut) this.far(from.port).send(b, this.to, '127.0.0.1')
    })
  }

  static async open(to: number): Promise<UDPRelay> {
    const near = createSocket('udp4').bind(0, '127.0.0.1')
    await once(near, 'listening')
    return new UDPRelay(near, to)
  }

  get port(): number {
    return this.near.address().port
  }

  // A socket of its own for each port of the browser, so that the gateway sees
  // different addresses for them.
  private far(port: number): Socket {
    const key = String(port)
    const known = this.beyond.get(key)
    if (known) return known
    const s = createSocket('udp4')
    s.on('message', (b) => {
      if (this.cut) return
      this.passed++
      this.near.send(b, port, '127.0.0.1')
    })
    this.beyond.set(key, s)
    return s
  }

  close(): void {
    this.near.close()
    for (const s of this.beyond.values()) s.close()
  }
}

/** A TCP port that stands in for the gateway's page. */
export class TCPRelay {
  private readonly open_ = new Set<Stream>()
  private readonly held: Stream[] = []
  private isCut = false

  private constructor(
    private readonly server: Server,
    private readonly to: number,
  ) {
    server.on('connection', (near) => this.join(near))
  }

  static async open(to: number): Promise<TCPRelay> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TCPRelay(server, to)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** While cut, what is open says nothing any more and what is new isn't taken. */
  set cut(on: boolean) {
    this.isCut = on
    for (const s of this.open_) {
      if (on) s.pause()
      else s.resume()
    }
    if (!on) for (const s of this.held.splice(0)) this.join(s)
  }

  private join(near: Stream): void {
    near.on('error', () => near.destroy())
    if (this.isCut) {
      this.held.push(near)
      return
    }
    const far = connect(this.to, '127.0.0.1')
    far.on('error', () => far.destroy())
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open_.add(from)
      from.on('data', (b) => to.write(b))
      from.on('close', () => {
        this.open_.delete(from)
        to.destroy()
      })
    }
  }

  close(): void {
    this.server.close()
    for (const s of [...this.open_, ...this.held]) s.destroy()
  }
}
