// What the API's words are called here. What is not listed is shown as it is.
import { t, type Key } from '../i18n.ts'
import type { Change } from './api.ts'

const states: Record<string, Key> = {
  up: 'ui.admin.state.up',
  partly: 'ui.admin.state.partly',
  down: 'ui.admin.state.down',
  unknown: 'ui.admin.state.unknown',
  registered: 'ui.admin.state.registered',
  registering: 'ui.admin.state.registering',
  discovering: 'ui.admin.state.registering',
  waiting: 'ui.admin.state.waiting',
  failed: 'ui.admin.state.failed',
  reception: 'ui.admin.state.reception',
  lobby: 'ui.admin.state.lobby',
  room: 'ui.admin.state.room',
  held: 'ui.admin.state.held',
}

const protocols: Record<string, string> = { sip: 'SIP', h323: 'H.323', webrtc: 'WebRTC', ras: 'H.323 RAS' }

const listeners: Record<string, Key> = { web: 'ui.admin.listener.web', metrics: 'ui.admin.listener.metrics' }

const causes: Record<string, Key> = {
  busy: 'ui.admin.cause.busy',
  cancelled: 'ui.admin.cause.cancelled',
  denied: 'ui.admin.cause.denied',
  draining: 'ui.admin.cause.draining',
  'encryption-required': 'ui.admin.cause.encryption',
  forbidden: 'ui.admin.cause.forbidden',
  full: 'ui.admin.cause.full',
  internal: 'ui.admin.cause.internal',
  limit: 'ui.admin.cause.limit',
  locked: 'ui.admin.cause.locked',
  'locked-out': 'ui.admin.cause.lockedout',
  'no-answer': 'ui.admin.cause.noanswer',
  'no-entry': 'ui.admin.cause.noentry',
  rejected: 'ui.admin.cause.rejected',
  'session-expired': 'ui.admin.cause.timeout',
  timeout: 'ui.admin.cause.timeout',
  unreachable: 'ui.admin.cause.unreachable',
  unroutable: 'ui.admin.cause.unroutable',
  unsupported: 'ui.admin.cause.unsupported',
}

export const actions: Record<string, Key> = {
  'sign-in': 'ui.admin.act.signin',
  'sign-out': 'ui.admin.act.signout',
  'add-room': 'ui.admin.act.room.add',
  'change-room': 'ui.admin.act.room.change',
  'remove-room': 'ui.admin.act.room.remove',
  'replace-link': 'ui.admin.act.link',
  'replace-meeting-link': 'ui.admin.act.link',
  'add-meeting': 'ui.admin.act.meeting.add',
  'change-meeting': 'ui.admin.act.meeting.change',
  'change-occurrence': 'ui.admin.act.meeting.change',
  'cancel-meeting': 'ui.admin.act.meeting.cancel',
  'cancel-occurrence': 'ui.admin.act.meeting.cancel',
  'complete-meeting': 'ui.admin.act.meeting.complete',
  'add-invitees': 'ui.admin.act.invite',
  'add-room-invitees': 'ui.admin.act.invite',
  'remove-invitee': 'ui.admin.act.uninvite',
  'resend-invitation': 'ui.admin.act.resend',
  'add-contact': 'ui.admin.act.contact',
  'change-contact': 'ui.admin.act.contact',
  'remove-contact': 'ui.admin.act.contact',
  'import-contacts': 'ui.admin.act.contact',
  invite: 'ui.admin.act.call',
  call: 'ui.admin.act.call',
  'call-out': 'ui.admin.act.call',
  'transfer-call': 'ui.admin.act.transfer',
  transfer: 'ui.admin.act.transfer',
  'end-call': 'ui.admin.act.end',
  'live-remove': 'ui.admin.act.end',
  'live-end': 'ui.admin.act.endall',
  'end-room': 'ui.admin.act.endall',
  'live-lock': 'ui.admin.act.lock',
  'lock-room': 'ui.admin.act.lock',
  'live-make-host': 'ui.admin.act.host',
  'add-user': 'ui.admin.act.user.add',
  'change-user': 'ui.admin.act.user.change',
  'set-password': 'ui.admin.act.user.password',
  'disable-user': 'ui.admin.act.user.disable',
  'enable-user': 'ui.admin.act.user.enable',
  'remove-user': 'ui.admin.act.user.remove',
  'erase-person': 'ui.admin.act.erase',
  reload: 'ui.admin.act.reload',
}

const word = (words: Record<string, Key>, key: string): string => {
  const known = words[key]
  return known ? t(known) : key
}

export const stateText = (state: string): string => word(states, state)
export const protocolText = (protocol: string): string => protocols[protocol] ?? protocol
export const listenerText = (protocol: string): string => (listeners[protocol] ? word(listeners, protocol) : protocolText(protocol))
export const causeText = (cause: string): string => word(causes, cause)
export const actionText = (action: string): string => word(actions, action)

/** Who changed something, with how they came. */
export function whoText(c: Change): string {
  if (c.by === 'system') return t('ui.admin.by.system')
  if (c.by === 'cli') return c.who ? t('ui.admin.by.cli.name', { Name: c.who }) : t('ui.admin.by.cli')
  return c.who || t('ui.admin.by.unknown')
}

/** Actions under one name each, for the list to choose from: [words for the API, name]. */
export function actionChoices(): [string, string][] {
  const by = new Map<string, string[]>()
  for (const [action, key] of Object.entries(actions)) by.set(t(key), [...(by.get(t(key)) ?? []), action])
  return [...by].map(([name, list]): [string, string] => [list.join(','), name]).sort((a, b) => a[1].localeCompare(b[1]))
}
