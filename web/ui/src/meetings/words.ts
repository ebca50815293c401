// What meetings' figures and states are called.
import { list, region, t } from '../i18n.ts'
import { page } from '../page.ts'
import { dayOf, isLastOfMonth, nthOf, repeatOf, weekdays, type Day, type Repeat } from './repeat.ts'
import type { Delivery, MeetingState, Presence } from './types.ts'

/** A weekday's name; 2024-01-01 was a Monday. */
export function dayName(day: Day, style: 'long' | 'short' | 'narrow' = 'long'): string {
  return new Intl.DateTimeFormat(page.lang, { weekday: style, timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + weekdays.indexOf(day)))
}

export function nthName(nth: number): string {
  const names = [t('ui.meetings.nth.last'), '', t('ui.meetings.nth.first'), t('ui.meetings.nth.second'), t('ui.meetings.nth.third'), t('ui.meetings.nth.fourth')]
  return names[nth + 1] ?? ''
}

/** "Monday, the second of the month" and "day 14", as a form offers and a rule says them. */
export const monthlyByDay = (date: string): string => t('ui.meetings.repeat.nth', { Nth: nthName(nthOf(date)), Weekday: dayName(dayOf(date)) })
export const monthlyByDate = (date: string): string =>
  isLastOfMonth(date) ? t('ui.meetings.repeat.lastday') : t('ui.meetings.repeat.date', { Day: Number(date.slice(8, 10)) })

function pattern(r: Repeat, date: string): string {
  switch (r.every) {
    case 'day':
      return t('ui.meetings.every.day', { Count: r.interval })
    case 'workday':
      return t('ui.meetings.every.workday')
    case 'week':
      return t('ui.meetings.every.week', { Count: r.interval, Days: list(weekdays.filter((d) => r.days.includes(d)).map((d) => dayName(d))) })
    case 'month':
      return t('ui.meetings.every.month', { Count: r.interval, Which: r.by === 'date' ? monthlyByDate(date) : monthlyByDay(date) })
    default:
      return t('ui.meetings.every.other')
  }
}

/** A rule in words: "Every 2 weeks on Monday, until 31 Dec 2026"; empty for none. */
export function repeatText(rule: string, start: string, zone: string): string {
  const date = start.slice(0, 10)
  const r = repeatOf(rule, date, zone)
  if (r.every === 'never') return ''
  const what = pattern(r, date)
  if (r.every === 'kept' || r.ends === 'never') return what
  if (r.ends === 'after') return t('ui.meetings.repeat.after', { Rule: what, Count: r.count })
  const day = new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.parse(`${r.until}T12:00:00Z`))
  return t('ui.meetings.repeat.until', { Rule: what, Date: day })
}

export function stateText(state: MeetingState): string {
  return {
    scheduled: t('ui.meetings.state.scheduled'),
    open: t('ui.meetings.state.open'),
    live: t('ui.meetings.state.live'),
    ended: t('ui.meetings.state.ended'),
    completed: t('ui.meetings.state.completed'),
    cancelled: t('ui.meetings.state.cancelled'),
  }[state]
}

export function presenceText(state: Presence): string {
  return {
    invited: t('ui.meetings.presence.invited'),
    opened: t('ui.meetings.presence.opened'),
    waiting: t('ui.meetings.presence.waiting'),
    joined: t('ui.meetings.presence.joined'),
    left: t('ui.meetings.presence.left'),
  }[state]
}

export const channelText = (channel: Delivery['channel']): string => (channel === 'mail' ? t('ui.meetings.channel.mail') : t('ui.meetings.channel.sms'))

export function deliveryText(d: Delivery): string {
  return {
    queued: t('ui.meetings.delivery.queued'),
    sending: t('ui.meetings.delivery.sending'),
    sent: t('ui.meetings.delivery.sent'),
    failed: t('ui.meetings.delivery.failed'),
    dropped: t('ui.meetings.delivery.dropped'),
  }[d.state]
}

/** Whether it is over for good: nothing more can be done with it. */
export const isOver = (state: MeetingState): boolean => state === 'completed' || state === 'cancelled'
