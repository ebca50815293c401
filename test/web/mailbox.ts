// A mail server that keeps what it is given: RFC 5321 as far as a sender needs it.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** A message as it came. */
export interface Mail {
  to: string
  header: Record<string, string>
  /** The decoded parts, by their media type. */
  parts: Record<string, string>
}

export class Mailbox {
  readonly mails: Mail[] = []
  private readonly open_ = new Set<Socket>()

  private constructor(private readonly server: Server) {
    server.on('connection', (s) => this.serve(s))
  }

  static async open(): Promise<Mailbox> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Mailbox(server)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** What somebody was sent. */
  of(address: string): Mail[] {
    return this.mails.filter((m) => m.to === address)
  }

  private serve(s: Socket): void {
    this.open_.add(s)
    s.on('close', () => this.open_.delete(s))
    s.on('error', () => s.destroy())
    const say = (line: string) => s.write(`${line}\r\n`)
    let rest = ''
    let to = ''
    let data: string[] | undefined
    say('220 mailbox.test ESMTP')
    s.setEncoding('latin1').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\r\n')
      rest = lines.pop()!
      for (const line of lines) {
        if (data) {
          if (line !== '.') data.push(line.replace(/^\./, ''))
          else {
            this.mails.push(mail(to, data.join('\r\n')))
            data = undefined
            say('250 kept')
          }
          continue
        }
        const verb = line.slice(0, 4).toUpperCase()
        if (verb === 'RCPT') to = /<([^>]*)>/.exec(line)?.[1] ?? ''
        if (verb === 'DATA') data = []
        if (verb === 'DATA') say('354 go on')
        else if (verb === 'EHLO') say('250-mailbox.test\r\n250 8BITMIME')
        else if (verb === 'QUIT') s.end('221 bye\r\n')
        else say('250 yes')
      }
    })
  }

  async close(): Promise<void> {
    for (const s of this.open_) s.destroy()
    await new Promise((r) => this.server.close(r))
  }
}

function mail(to: string, raw: string): Mail {
  const m: Mail = { to, header: headers(raw.slice(0, raw.indexOf('\r\n\r\n'))), parts: {} }
  leaves(raw, m.parts)
  return m
}

function headers(text: string): Record<string, string> {
  const all: Record<string, string> = {}
  for (const line of text.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) all[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  return all
}

// leaves takes a MIME entity apart (RFC 2046 §5.1). Of several parts of a type the first counts.
function leaves(raw: string, into: Record<string, string>): void {
  const end = raw.indexOf('\r\n\r\n')
  const head = headers(raw.slice(0, end))
  const type = head['content-type'] ?? 'text/plain'
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1]
  if (boundary) {
    for (const part of raw.slice(end).split(`\r\n--${boundary}`).slice(1, -1)) leaves(part.replace(/^[ \t]*\r\n/, ''), into)
    return
  }
  into[type.split(';')[0]!.trim().toLowerCase()] ??= decoded(raw.slice(end + 4), head['content-transfer-encoding'] ?? '')
}

function decoded(body: string, encoding: string): string {
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64').toString('utf8')
  if (!/quoted-printable/i.test(encoding)) return Buffer.from(body, 'latin1').toString('utf8')
  const bytes = body.replace(/[ \t]*=\r\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
