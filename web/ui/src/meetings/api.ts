// The routes of meetings and of whom is invited to them.
import { ask } from '../api.ts'
import type { Invitation, InvitationText, Invited, Invitee, InviteeList, Meeting, MeetingList, OccurrenceChange, Preview, Settings } from './types.ts'

const at = (id: string, ...more: string[]): string => ['/meetings', id, ...more].map((s, i) => (i ? encodeURIComponent(s) : s)).join('/')

const query = (values: Record<string, string | undefined>): string => {
  const given = Object.entries(values).filter((v): v is [string, string] => !!v[1])
  return given.length > 0 ? `?${new URLSearchParams(given)}` : ''
}

export interface Which {
  when: 'upcoming' | 'live' | 'past'
  search: string
  cursor?: string
  limit?: number
}

export const listMeetings = ({ limit, ...which }: Which): Promise<MeetingList> =>
  ask('GET', `/meetings${query({ ...which, limit: limit?.toString() })}`)
export const getMeeting = (id: string): Promise<Meeting> => ask('GET', at(id))
export const addMeeting = (settings: Settings, requestId: string): Promise<Meeting> =>
  ask('POST', '/meetings', { ...settings, request_id: requestId })
export const previewMeeting = (settings: Settings, lang: string): Promise<Preview> => ask('POST', `/meetings/preview${query({ lang })}`, settings)
export const changeMeeting = (id: string, change: Settings): Promise<Meeting> => ask('PATCH', at(id), change)
export const changeOccurrence = (id: string, original: string, change: OccurrenceChange): Promise<Meeting> =>
  ask('PATCH', at(id, 'occurrences', original), change)
export const cancelOccurrence = (id: string, original: string): Promise<Meeting> => ask('DELETE', at(id, 'occurrences', original))
export const cancelMeeting = (id: string, end: boolean): Promise<Meeting> => ask('POST', at(id, 'cancel'), { end })
export const completeMeeting = (id: string, end: boolean): Promise<Meeting> => ask('POST', at(id, 'complete'), { end })
export const replaceMeetingLink = (id: string, removeGuests: boolean): Promise<string> =>
  ask<{ guest_link: string }>('POST', at(id, 'link'), { remove_guests: removeGuests }).then((b) => b.guest_link)

export const getInvitation = (id: string, lang: string, invitee?: string): Promise<InvitationText> =>
  ask('GET', `${at(id, 'invitation')}${query({ lang, invitee })}`)
export const listInvitees = (id: string): Promise<InviteeList> => ask('GET', at(id, 'invitees'))
export const invite = (id: string, whom: Invitation): Promise<Invited> => ask('POST', at(id, 'invitees'), whom)
export const uninvite = (id: string, invitee: string): Promise<void> => ask('DELETE', at(id, 'invitees', invitee))
export const resend = (id: string, invitee: string): Promise<Invitee> => ask('POST', at(id, 'invitees', invitee, 'resend'))
