// One signalling connection that comes back by itself. Messages are passed on as they are;
// what is sent while the line is down is dropped: after the welcome the call says it anew.
import { delay, giveUpAfter } from './backoff.ts'
import type { FromServer, ToServer } from './types.ts'

export interface Wire {
  send(message: ToServer): void
  /** Drop this connection and open another at once: the network has changed. */
  renew(): void
  close(): void
}

export interface Ends {
  open(): ToServer // the hello of each connection
  message(m: FromServer): void
  down(): void
  gaveUp(): void
}

const pingEvery = 10_000
const silenceAfter = 8_000 // after a ping

export function wire(url: string, ends: Ends, make: (url: string) => WebSocket = (u) => new WebSocket(u)): Wire {
  let ws: WebSocket | undefined
  let tries = 0
  let lostAt = 0
  let openedAt = 0
  let closed = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let ping: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    retry = undefined
    openedAt = Date.now()
    const own = make(url)
    ws = own
    own.onopen = () => {
      own.send(JSON.stringify(ends.open()))
      listen()
    }
    own.onmessage = (e: MessageEvent) => {
      if (own !== ws || typeof e.data !== 'string') return
      tries = 0
      lostAt = 0
      clearTimeout(silence)
      silence = undefined
      ends.message(JSON.parse(e.data) as FromServer)
    }
    own.onclose = () => {
      if (own === ws) lost()
    }
  }

  function listen(): void {
    clearTimeout(ping)
    ping = setTimeout(() => {
      send({ type: 'ping' })
      silence ??= setTimeout(renew, silenceAfter)
      listen()
    }, pingEvery)
  }

  function lost(): void {
    drop()
    if (closed) return
    ends.down()
    lostAt ||= Date.now()
    if (Date.now() - lostAt > giveUpAfter) return ends.gaveUp()
    retry ??= setTimeout(open, delay(tries++))
  }

  function drop(): void {
    clearTimeout(ping)
    clearTimeout(silence)
    silence = undefined
    const old = ws
    ws = undefined
    old?.close()
  }

  function renew(): void {
    // Several signs of one change come at once: an attempt that has just begun goes on.
    if (closed || (ws?.readyState === 0 && Date.now() - openedAt < 1500)) return
    clearTimeout(retry)
    retry = undefined
    tries = 0
    lost()
  }

  function send(message: ToServer): void {
    if (ws?.readyState === 1) ws.send(JSON.stringify(message))
  }

  open()
  return {
    send,
    renew,
    close() {
      closed = true
      clearTimeout(retry)
      drop()
    },
  }
}
