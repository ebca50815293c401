// The routes of calls out, and their states and ends in words.
import { ask } from '../api.ts'
import { t, type Key } from '../i18n.ts'

export type CallState = 'calling' | 'proceeding' | 'early' | 'ringing' | 'forwarded' | 'answered' | 'connected' | 'failed'

/** A call out that is under way, or was a moment ago. */
export interface CallOut {
  id: string
  to: string // without a PIN
  name?: string
  confirm: boolean
  host: boolean
  since: string
  state: CallState
  leg?: string
  cause?: string
  text?: string
}

/** A call as it is wished for. */
export interface Order {
  to: string
  name?: string
  confirm?: boolean
}

const at = (room: string, ...more: string[]): string => `/rooms/${[room, ...more].map(encodeURIComponent).join('/')}`

export const startCall = (room: string, order: Order): Promise<CallOut> => ask('POST', at(room, 'calls'), order, { accept: 'application/json' })
export const listCalls = (room: string): Promise<CallOut[]> => ask<{ calls: CallOut[] }>('GET', at(room, 'calls')).then((b) => b.calls)
export const cancelCall = (room: string, call: string): Promise<void> => ask('DELETE', at(room, 'calls', call))
export const moveTo = (room: string, participant: string, extension: string): Promise<void> =>
  ask('POST', at(room, 'participants', participant, 'transfer'), { room: extension })

const states: Record<Exclude<CallState, 'failed'>, Key> = {
  calling: 'ui.calls.state.calling',
  proceeding: 'ui.calls.state.calling',
  early: 'ui.calls.state.early',
  ringing: 'ui.calls.state.ringing',
  forwarded: 'ui.calls.state.forwarded',
  answered: 'ui.calls.state.answered',
  connected: 'ui.calls.state.connected',
}

const causes: Record<string, Key> = {
  busy: 'ui.calls.failed.busy',
  'no-answer': 'ui.calls.failed.noanswer',
  rejected: 'ui.calls.failed.rejected',
  unreachable: 'ui.calls.failed.unreachable',
  unroutable: 'ui.calls.failed.unknown',
  forbidden: 'ui.calls.failed.forbidden',
  limit: 'ui.calls.failed.limit',
  cancelled: 'ui.calls.failed.cancelled',
}

/** How far a call has come, or why it failed. */
export function callText(c: CallOut): string {
  if (c.state !== 'failed') return t(states[c.state] ?? 'ui.calls.state.calling')
  // It was answered: somebody, or a mailbox, did not press 1.
  if (c.leg && c.confirm && (c.cause === 'no-answer' || c.cause === 'rejected')) return t('ui.calls.failed.unconfirmed')
  return t(causes[c.cause ?? ''] ?? 'ui.calls.failed.other')
}

export const underWay = (c: CallOut): boolean => c.state !== 'failed' && c.state !== 'connected'

/** Whom a call is for. */
export const calledName = (c: { to: string; name?: string }): string => c.name || c.to.replace(/^(sips?|h323|tel):/, '')

/** A telephone number as people write it, not an address. */
export const isNumber = (s: string): boolean => /^(tel:)?[+(]?[\d\s()\-./]+$/.test(s.trim()) && s.replace(/\D/g, '').length > 4
