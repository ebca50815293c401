// A baresip that calls, speaks a file and writes down what it hears.
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { end } from './process.ts'
import { rate, readWAV, type Voice } from './sound.ts'

export class Phone {
  private constructor(
    private readonly dir: string,
    private readonly process: ChildProcess,
  ) {}

  /** Calls uri; the display name is what the page shows. */
  static dial(uri: string, voice: Voice, user = 'phone'): Phone {
    const dir = mkdtempSync(join(tmpdir(), 'partyline-phone-'))
    const config = `poll_method epoll
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
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
    writeFileSync(join(dir, 'accounts'), `<sip:${user}@127.0.0.1>;regint=0;audio_codecs=PCMU/8000/1\n`)
    writeFileSync(join(dir, 'contacts'), '')
    const process = spawn('baresip', ['-f', dir, '-t', '120', '-e', `/dial ${uri}`], { stdio: ['pipe', 'pipe', 'pipe'] })
    writeFileSync(join(dir, 'log'), '') // may be read at once
    const log = createWriteStream(join(dir, 'log'), { flags: 'a' })
    // Either may end first, and the other still writes.
    process.stdout!.pipe(log, { end: false })
    process.stderr!.pipe(log, { end: false })
    return new Phone(dir, process)
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
