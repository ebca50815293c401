import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { delay } from './backoff.ts'
import { wire, type Ends } from './socket.ts'
import type { FromServer } from './types.ts'

class Fake {
  static all: Fake[] = []
  readyState = 0
  sent: string[] = []
  onopen?: () => void
  onmessage?: (e: { data: string }) => void
  onclose?: () => void
  constructor() {
    Fake.all.push(this)
  }
  open(): void {
    this.readyState = 1
    this.onopen?.()
  }
  hear(m: FromServer): void {
    this.onmessage?.({ data: JSON.stringify(m) })
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.readyState = 3
  }
  fail(): void {
    this.readyState = 3
    this.onclose?.()
  }
}

function begin() {
  Fake.all = []
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const heard: string[] = []
  const ends: Ends = {
    open: () => ({ type: 'ping' }),
    message: (m) => heard.push(m.type),
    down: () => heard.push('down'),
    gaveUp: () => heard.push('gave up'),
  }
  const w = wire('ws://x', ends, () => new Fake() as unknown as WebSocket)
  const last = () => Fake.all.at(-1) as Fake
  const end = () => {
    w.close()
    mock.timers.reset()
  }
  return { w, heard, last, end }
}

test('the first try after a loss comes at once, the next ones later', () => {
  const steps = [0, 1, 2, 3, 4, 5, 6, 60].map((n) => delay(n, () => 0.5))
  assert.deepEqual(steps, [0, 200, 400, 800, 1500, 3000, 5000, 5000])
  assert.ok(delay(3, () => 0) < delay(3, () => 0.99), 'no two pages in step')
})

test('a lost connection is opened again and says hello', () => {
  const { heard, last, end } = begin()
  last().open()
  last().hear({ type: 'pong' })
  last().fail()
  mock.timers.tick(10)
  assert.equal(Fake.all.length, 2)
  last().open()
  assert.equal(last().sent.length, 1)
  assert.deepEqual(heard, ['pong', 'down'])
  end()
})

test('a change of network drops what is there without waiting for it', () => {
  const { w, last, end } = begin()
  last().open()
  const old = last()
  w.renew()
  assert.equal(old.readyState, 3)
  mock.timers.tick(10)
  assert.equal(Fake.all.length, 2)
  end()
})

test('silence after a ping is a loss', () => {
  const { heard, last, end } = begin()
  last().open()
  mock.timers.tick(10_000)
  assert.equal(last().sent.length, 2)
  mock.timers.tick(8_100)
  assert.equal(Fake.all.length, 2)
  assert.deepEqual(heard, ['down'])
  end()
})

test('it gives up after a minute, and a closed one stays closed', () => {
  const { heard, last, end } = begin()
  for (let i = 0; i < 40 && !heard.includes('gave up'); i++) {
    last().fail()
    mock.timers.tick(6_500)
  }
  assert.ok(heard.includes('gave up'))
  const count = Fake.all.length
  end()
  last().fail()
  assert.equal(Fake.all.length, count)
})
