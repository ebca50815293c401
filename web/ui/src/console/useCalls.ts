// The calls out of a room as they go on: asked for every second while one is under way.
import { useSignal, type ReadonlySignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { announce, tell } from '../parts/news.tsx'
import { problemText } from '../parts/problem.ts'
import { t } from '../i18n.ts'
import { calledName, callText, cancelCall, listCalls, startCall, underWay, type CallOut, type Order } from './calls.ts'

const every = 1000 // ms

export interface Calls {
  list: ReadonlySignal<CallOut[]>
  /** Begins a call; fails with the gateway's Problem. */
  start(order: Order): Promise<void>
  /** Gives a call up, or forgets one that is over. */
  drop(call: CallOut): Promise<void>
  again(call: CallOut): Promise<void>
}

/** Those that are worth a row: who has joined is in the list of people. */
const shown = (all: CallOut[]): CallOut[] => all.filter((c) => c.state !== 'connected' && c.cause !== 'cancelled')

export function useCalls(room: string | undefined): Calls {
  const list = useSignal<CallOut[]>([])
  const orders = useRef(new Map<string, Order>()) // as they were typed, to be called again
  const next = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const gone = useRef(false)

  const take = (all: CallOut[]) => {
    for (const c of all) {
      const before = list.value.find((b) => b.id === c.id)
      if (before && callText(before) !== callText(c)) announce(t('ui.calls.news', { Name: calledName(c), State: callText(c) }))
    }
    list.value = shown(all)
    if (all.some(underWay)) later()
  }
  const look = () => {
    if (!room) return
    listCalls(room).then(
      (all) => gone.current || take(all),
      () => list.value.some(underWay) && later(),
    )
  }
  const later = () => {
    clearTimeout(next.current)
    if (!gone.current) next.current = setTimeout(look, every)
  }
  useEffect(() => {
    gone.current = false
    look()
    return () => {
      gone.current = true
      clearTimeout(next.current)
    }
  }, [room])

  const start = async (order: Order) => {
    if (!room) return
    const call = await startCall(room, order)
    orders.current.set(call.id, order)
    announce(t('ui.calls.news', { Name: calledName(call), State: callText(call) }))
    list.value = [...list.value, call]
    later()
  }
  const drop = async (call: CallOut) => {
    if (!room) return
    list.value = list.value.filter((c) => c.id !== call.id)
    await cancelCall(room, call.id).catch(() => undefined) // it is over
    later()
  }
  const again = async (call: CallOut) => {
    const order = orders.current.get(call.id) ?? { to: call.to, name: call.name, confirm: call.confirm }
    await drop(call)
    await start(order).catch((e) => tell(problemText(e), 'warn'))
  }
  return { list, start, drop, again }
}
