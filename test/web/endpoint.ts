// A room system that calls by H.323, speaks a file and writes down what it hears.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { end } from './process.ts'
import { readWAV, type Voice } from './sound.ts'

/** What `make web` builds of test/endpoint/call. */
const program = resolve(import.meta.dirname, '../../build/h323-endpoint')

export class Endpoint {
  private readonly dir = mkdtempSync(join(tmpdir(), 'partyline-endpoint-'))
  private readonly file = join(this.dir, 'heard.wav')
  private readonly process: ChildProcess
  private said = ''

  /** Calls the gateway at address; called is EXT#PIN. */
  constructor(address: string, called: string, voice: Voice) {
    const args = ['-gateway', address, '-called', called, '-name', 'Auditorium', '-codec', 'pcma,pcmu', '-play', voice.phone, '-record', this.file]
    this.process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const out of [this.process.stdout!, this.process.stderr!]) out.on('data', (b: Buffer) => (this.said += b.toString()))
  }

  /** Hangs up, and returns what was heard in the whole call. */
  async heard(): Promise<Float32Array> {
    await end(this.process, 'SIGTERM')
    return readWAV(this.file)
  }

  /** Whether the call has ended, or was refused. */
  get over(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** What the endpoint said of its call. */
  log(): string {
    return this.said
  }

  async leave(): Promise<void> {
    await end(this.process, 'SIGTERM')
    rmSync(this.dir, { recursive: true, force: true })
  }
}
