// coturn as relay, with the time-limited credentials of its REST API.
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { end } from './process.ts'

export const secret = 'a secret that only gateway and relay know'

export class Turn {
  readonly log: string[] = []

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(): Promise<Turn> {
    const dir = mkdtempSync(join(tmpdir(), 'partyline-turn-'))
    const port = await freePort()
    const p = spawn(
      'turnserver',
      [
        '-n', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`,
        '--min-port=31000', '--max-port=31200', '--use-auth-secret', `--static-auth-secret=${secret}`,
        '--realm=partyline.test', '--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls',
        '--log-file=stdout', '--simple-log', '--verbose', `--pidfile=${join(dir, 'pid')}`, `--userdb=${join(dir, 'db')}`,
      ],
      { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const t = new Turn(port, dir, p)
    await new Promise<void>((ready, failed) => {
      createInterface({ input: p.stdout! }).on('line', (line) => {
        t.log.push(line)
        if (line.includes('UDP listener opened on: 127.0.0.1')) ready()
      })
      p.on('error', failed)
      p.on('exit', () => failed(new Error(`turnserver ended:\n${t.log.join('\n')}`)))
    })
    return t
  }

  async stop(): Promise<void> {
    await end(this.process)
    rmSync(this.dir, { recursive: true, force: true })
  }
}

// coturn cannot choose a port by itself and say which.
async function freePort(): Promise<number> {
  const s = createSocket('udp4').bind(0, '127.0.0.1')
  await once(s, 'listening')
  const { port } = s.address()
  s.close()
  await once(s, 'close')
  return port
}
