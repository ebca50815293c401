// A running `partyline serve` with a data directory of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { end } from './process.ts'

const run = promisify(execFile)

/** What `make build` made. */
export const partyline = process.env.PARTYLINE ?? resolve(import.meta.dirname, '../../bin/partyline')

/** A room as `room add --json` prints it. */
export interface Room {
  id: string
  extension: string
  name: string
  pin: string
  host_pin: string
  guest_link: string
}

/** One leg as `calls list --json` prints it. */
export interface Leg {
  id: string
  protocol: string
  room: string
  codec: string
  state: string
  role: string
  muted: boolean
  hand: boolean
}

export const account = { email: 'host@example.org', name: 'Grace Hopper', password: 'correct horse battery staple' }

// RTP ports of phones, below those that the system chooses from; each gateway of a
// run takes the next hundred.
let rtpPorts = 20_000 + 1000 * Number(process.env.TEST_PARALLEL_INDEX ?? 0)
let extensions = 300_100_100

export class Gateway {
  /** Address of the page: http://127.0.0.1:PORT */
  url = ''
  /** Address of SIP: 127.0.0.1:PORT */
  sip = ''
  /** Address of H.323: 127.0.0.1:PORT */
  h323 = ''
  /** UDP port of browsers' media. */
  mediaPort = 0
  readonly log: string[] = []
  private process: ChildProcess | undefined

  private constructor(
    readonly dir: string,
    private readonly config: string,
  ) {}

  /** Starts a gateway with extra lines of configuration and waits until it is ready. */
  static async start(extra = '', server = ''): Promise<Gateway> {
    const dir = mkdtempSync(join(tmpdir(), 'partyline-web-'))
    const lo = rtpPorts
    rtpPorts += 100
    const config = join(dir, 'partyline.yaml')
    const parts = [
      'version: 1',
      `server: {data_dir: data, public_ip: 127.0.0.1${server && `, ${server}`}}`,
      'web: {listen: "http://127.0.0.1:0"}',
      `sip: {listen: ["udp://127.0.0.1:0"], rtp_bind: 127.0.0.1, rtp_ports: ${lo}-${lo + 99}}`,
      'h323: {listen: "127.0.0.1:0", h245_ports: 0}',
      extra.includes('webrtc:') ? '' : 'webrtc: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]}',
      'telemetry: {log: {level: debug}}',
      extra,
    ]
    writeFileSync(config, parts.join('\n') + '\n', { mode: 0o600 })
    const g = new Gateway(dir, config)
    await g.serve()
    return g
  }

  private async serve(): Promise<void> {
    // Where that is allowed it goes before the browsers, as its systemd unit says.
    const p = spawn('nice', ['-n', '-10', partyline, 'serve', '--config', this.config], { cwd: this.dir, stdio: ['ignore', 'ignore', 'pipe'] })
    this.process = p
    await new Promise<void>((ready, failed) => {
      createInterface({ input: p.stderr! }).on('line', (line) => {
        this.log.push(line)
        if (line === 'ready') ready()
      })
      p.on('error', failed)
      p.on('exit', (code) => failed(new Error(`the gateway ended with ${code}:\n${this.tail()}`)))
    })
    const bound = JSON.parse(readFileSync(join(this.dir, 'data', 'listeners.json'), 'utf8')) as Record<string, unknown>
    const web = String(bound.web ?? bound.http ?? '')
    this.url = (web.includes('://') ? web : `http://${web}`).replace(/\/$/, '')
    this.sip = (bound.sip as string[]).find((a) => a.startsWith('udp://'))!.slice('udp://'.length)
    this.h323 = String(bound.h323).replace(/^.*:\/\//, '')
    const media = (bound.webrtc as string[] | undefined)?.find((a) => a.startsWith('udp://'))
    this.mediaPort = Number(media?.split(':').pop() ?? 0)
  }

  /** The last lines of the log. */
  tail(lines = 60): string {
    return this.log.slice(-lines).join('\n')
  }

  async stop(): Promise<void> {
    if (this.process) await end(this.process)
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** Runs a command and returns its standard output. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await run(partyline, [...args, '--config', this.config])
    return stdout
  }

  /** Makes a room of the next free extension. */
  async room(name: string, ...more: string[]): Promise<Room> {
    const extension = String(extensions++)
    const args = ['room', 'add', '--extension', extension, '--name', name, '--pin', '48219', '--host-pin', '97531', '--json', ...more]
    return JSON.parse(await this.cli(...args)) as Room
  }

  async legs(): Promise<Leg[]> {
    return JSON.parse(await this.cli('calls', 'list', '--json')) as Leg[]
  }

  /** The legs that are in a room or its lobby. */
  async legsIn(room: Room, state = 'room'): Promise<Leg[]> {
    return (await this.legs()).filter((l) => l.state === state && [room.id, room.extension, room.name].includes(l.room))
  }

  /** Makes the host's account. */
  async account(): Promise<void> {
    const file = join(this.dir, 'password')
    if (existsSync(file)) return
    writeFileSync(file, account.password, { mode: 0o600 })
    await this.cli('user', 'add', account.email, '--name', account.name, '--password-file', file)
  }
}
