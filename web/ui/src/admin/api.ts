// What admins see and do, as the gateway's API has it.
import { ask } from '../api.ts'

export interface Status {
  version: string
  started_at: string
  uptime_s: number
  ready: boolean
  draining: boolean
  strain: number // 0 to 1
  calls: number
  rooms: number
  config_file?: string
  listeners: { protocol: string; address: string }[]
  gatekeeper?: { registered: boolean; phase: string; since: string; address?: string; error?: string }
  certificates: { use: 'sip' | 'web'; names: string[]; expires_at: string }[]
  database: { fault?: string; waiting: number; dropped: number }
  outbox_waiting: number
}

export type TrunkState = 'up' | 'partly' | 'down' | 'unknown'

export interface Peer {
  uri: string
  address?: string
  state: 'up' | 'down' | 'unknown'
  since?: string
  rtt_ms?: number
  last_status?: number
  last_error?: string
}

export interface Registration {
  registrar: string
  state: string
  expires_at?: string
  since?: string
  last_error?: string
}

export interface Trunk {
  name: string
  state: TrunkState
  calls_in: number
  calls_out: number
  max_calls: number // 0: no limit
  failures: number
  peers: Peer[]
  registrations: Registration[]
}

export interface PhoneNumber {
  number: string
  trunk?: string
  label?: string
  language?: string
  to: string // reception, test, or a room's extension
  room?: string
  missing?: boolean
}

export interface LiveCall {
  id: string
  protocol: 'sip' | 'h323' | 'webrtc'
  direction: 'in' | 'out'
  remote: string
  name?: string
  number?: string
  trunk?: string
  called?: string
  room?: string
  role?: 'guest' | 'host'
  state: string
  codec?: string
  product?: string
  call_id?: string
  encrypted: boolean
  muted: boolean
  started_at: string
  duration_s: number
  loss_in: number
  loss_out: number
  jitter_ms: number
  rtt_ms: number
  playout_ms: number
  mos: number // 0: nothing heard yet
}

export interface RoomStatus {
  id: string
  extension: string
  name: string
  owner?: string
  meeting: boolean
  max_participants: number
  lobby: boolean
  count: number
  waiting: number
  hosts: number
  locked: boolean
}

export interface Failure {
  at: string
  count: number
  first_at: string
  id?: string
  protocol: string
  direction: 'in' | 'out'
  caller?: string
  called?: string
  peer?: string
  trunk?: string
  cause: string
  status?: number
  reason: string
}

export interface Configuration {
  file?: string
  loaded_at: string
  settings: { key: string; value: string; given: boolean }[]
  restart: string[]
}

export interface Report {
  applied: string[]
  restart: string[]
}

export interface Change {
  id: number
  at: string
  by: 'account' | 'cli' | 'system'
  who: string
  from?: string
  action: string
  subject: string
  detail?: string
  failed?: boolean
}

export const getStatus = (): Promise<Status> => ask('GET', '/admin/status')
export const listTrunks = (): Promise<Trunk[]> => ask<{ trunks: Trunk[] }>('GET', '/admin/trunks').then((b) => b.trunks)
export const listNumbers = (): Promise<PhoneNumber[]> => ask<{ numbers: PhoneNumber[] }>('GET', '/admin/numbers').then((b) => b.numbers)
export const listCalls = (): Promise<{ calls: LiveCall[]; total: number }> => ask('GET', '/admin/calls')
export const endCall = (id: string): Promise<void> => ask('DELETE', `/admin/calls/${encodeURIComponent(id)}`)
export const getLadder = (id: string, width: number): Promise<string> =>
  ask<{ ladder: string }>('GET', `/admin/calls/${encodeURIComponent(id)}/trace?width=${width}`).then((b) => b.ladder)
export const listRooms = (search: string): Promise<{ rooms: RoomStatus[]; total: number }> => ask('GET', `/admin/rooms?${new URLSearchParams({ search })}`)
export const listFailures = (): Promise<Failure[]> => ask<{ failures: Failure[] }>('GET', '/admin/failures').then((b) => b.failures)
export const getConfiguration = (): Promise<Configuration> => ask('GET', '/admin/config')
export const reload = (): Promise<Report> => ask('POST', '/admin/reload')

export interface ChangesAsked {
  search?: string
  action?: string
  failed?: boolean
  before?: number
}

export function listChanges(asked: ChangesAsked): Promise<{ changes: Change[]; before?: number }> {
  const query = new URLSearchParams({ limit: '50' })
  if (asked.search) query.set('search', asked.search)
  if (asked.action) query.set('action', asked.action)
  if (asked.failed) query.set('failed', 'true')
  if (asked.before) query.set('before', String(asked.before))
  return ask('GET', `/admin/audit?${query}`)
}
