// A baresip that calls, speaks a file and writes down what it hears.
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { end } from './process.ts'
import { rate, readWAV, type Voice } from './sound.ts'

/** A folder with the configuration of a phone. */
function folder(listen: string, voice: Voice, account: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'partyline-phone-'))
  const config = `poll_method epoll
sip_listen ${listen}
net_interface ${listen.split(':')[0]}
audio_player aubridge,nil
audio_source aufile,${voice.phone}
audio_alert aubridge,alert
audio_buffer 20-160
jitter_buffer_delay 2-5
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
snd_path ${dir}
`
  writeFileSync(join(dir, 'config'), config)
  writeFileSync(join(dir, 'accounts'), account + '\n')
  writeFileSync(join(dir, 'contacts'), '')
  return dir
}

function start(dir: string, ...args: string[]): ChildProcess {
  const process = spawn('baresip', ['-f', dir, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  writeFileSync(join(dir, 'log'), '') // may be read at once
  const log = createWriteStream(join(dir, 'log'), { flags: 'a' })
  // Either may end first, and the other still writes.
  process.stdout!.pipe(log, { end: false })
  process.stderr!.pipe(log, { end: false })
  return process
}

/** A UDP port that is free now: baresip does not tell which one it got. */
async function freePort(host: string): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, host, bound))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

async function until(is: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; !is(); await new Promise((r) => setTimeout(r, 50))) {
    if (Date.now() > end) throw new Error('the phone does not start')
  }
}

export class Phone {
  private constructor(
    private readonly dir: string,
    private readonly process: ChildProcess,
    /** Where it waits for calls: ADDRESS:PORT; empty if it does not. */
    readonly address = '',
  ) {}

  /** Calls uri; the display name is what the page shows. */
  static dial(uri: string, voice: Voice, user = 'phone'): Phone {
    const dir = folder('127.0.0.1:0', voice, `<sip:${user}@127.0.0.1>;regint=0;audio_codecs=PCMU/8000/1`)
    return new Phone(dir, start(dir, '-t', '120', '-e', `/dial ${uri}`))
  }

  /** Waits for calls to user, and answers them, rejects them as busy, or lets them ring. */
  static async wait(voice: Voice, does: 'answers' | 'rejects' | 'rings', user: string, host = '127.0.0.1'): Promise<Phone> {
    const address = `${host}:${await freePort(host)}`
    const mode = does === 'answers' ? 'auto' : 'manual'
    const dir = folder(address, voice, `<sip:${user}@${address}>;regint=0;audio_codecs=PCMU/8000/1;answermode=${mode}`)
    const process = start(dir)
    const p = new Phone(dir, process, address)
    await until(() => /baresip is ready/i.test(p.log()))
    if (does === 'rejects') {
      // What it says itself: the log is written a little later.
      let said = ''
      let rejected = 0
      const reject = (more: Buffer): void => {
        said += more
        for (const calls = said.split('Incoming call from').length - 1; rejected < calls; rejected++) process.stdin!.write('b')
      }
      process.stdout!.on('data', reject)
      process.stderr!.on('data', reject)
    }
    return p
  }

  /** How many calls have come. */
  get calls(): number {
    return this.log().split('Incoming call from').length - 1
  }

  /** Presses keys, each for as long as baresip takes one to be held: 250 ms. */
  async press(keys: string): Promise<void> {
    for (const key of keys) {
      this.process.stdin!.write(key)
      await new Promise((r) => setTimeout(r, 400))
    }
  }

  /** All that was heard so far, at 8 kHz. */
  heard(): Float32Array {
    const file = readdirSync(this.dir).find((f) => f.startsWith('dump-') && f.endsWith('-dec.wav'))
    return file ? readWAV(join(this.dir, file)) : new Float32Array(0)
  }

  /** The next seconds of what is heard. */
  async listen(seconds: number): Promise<Float32Array> {
    const from = this.heard().length
    const want = from + seconds * rate
    for (;;) {
      const all = this.heard()
      if (all.length >= want) return all.subarray(from, want)
      if (this.over) throw new Error(`the phone's call is over:\n${this.log().slice(-500)}`)
      await new Promise((r) => setTimeout(r, 50))
    }
  }

  /** Whether the other side has hung up. */
  get over(): boolean {
    return /session closed|call terminated|Call with .* terminated/i.test(this.log())
  }

  log(): string {
    return readFileSync(join(this.dir, 'log'), 'utf8')
  }

  async hangUp(): Promise<void> {
    await end(this.process, 'SIGTERM')
    rmSync(this.dir, { recursive: true, force: true })
  }
}
