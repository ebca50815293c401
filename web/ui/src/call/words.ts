// What happened and how it is, in words.
import { list, t, type Key } from '../i18n.ts'
import type { News } from '../signal/call.ts'
import type { Kind, Person, Quality } from '../signal/types.ts'

const several: Record<'joined' | 'left' | 'waiting' | 'hands', Key> = {
  joined: 'ui.news.joined',
  left: 'ui.news.left',
  waiting: 'ui.news.waiting',
  hands: 'ui.news.hand',
}

const single: Record<Exclude<News['kind'], keyof typeof several | 'error'>, Key> = {
  'muted-by-host': 'ui.news.muted',
  asked: 'ui.news.asked',
  'hand-lowered': 'ui.news.hand.lowered',
  admitted: 'ui.news.admitted',
  host: 'ui.news.host',
  moved: 'ui.news.moved',
  lost: 'ui.news.lost',
  back: 'ui.news.back',
}

export function newsText(news: News): string {
  if ('people' in news) return t(several[news.kind], { Names: few(news.people.map(nameOf)), Count: news.people.length })
  return news.kind === 'error' ? errorText(news.code) : t(single[news.kind])
}

const errors: Record<string, Key> = {
  forbidden: 'ui.problem.host',
  'not-here': 'ui.problem.left',
  'not-live': 'ui.problem.left',
  busy: 'ui.problem.busy',
  rate: 'ui.problem.busy',
  closed: 'ui.news.lost',
}

/** What the gateway refused during the call, by its code. */
export function errorText(code: string): string {
  return t(errors[code] ?? 'ui.problem.other')
}

/** A list that stays short: "Ada, Bo and 4 others". */
export function few(names: string[]): string {
  return list(names.length > 3 ? [...names.slice(0, 2), t('ui.others', { Count: names.length - 2 })] : names)
}

/** A phone of which nothing is known is called what it is. */
export function nameOf(p: Person): string {
  return p.name || t(kindWords[p.kind])
}

export type Grade = 'good' | 'fair' | 'poor'

/** The worst of what a listener would complain about decides. */
export function grade(q: Pick<Quality, 'loss' | 'rtt_ms' | 'jitter_ms' | 'mos'>): Grade {
  if (q.mos < 3.1 || q.loss > 0.1 || q.rtt_ms > 800 || q.jitter_ms > 120) return 'poor'
  if (q.mos < 3.8 || q.loss > 0.03 || q.rtt_ms > 400 || q.jitter_ms > 50) return 'fair'
  return 'good'
}

export const gradeWords: Record<Grade, { word: Key; text: Key }> = {
  good: { word: 'ui.quality.good', text: 'ui.quality.good.text' },
  fair: { word: 'ui.quality.fair', text: 'ui.quality.fair.text' },
  poor: { word: 'ui.quality.poor', text: 'ui.quality.poor.text' },
}

const codecs: Record<string, string> = { opus: 'Opus', g722: 'G.722', pcmu: 'G.711 µ', pcma: 'G.711 A' }

export const codecName = (codec = ''): string => codecs[codec.toLowerCase()] ?? codec

export const kindWords: Record<Kind, Key> = {
  browser: 'ui.kind.browser',
  phone: 'ui.kind.phone',
  'room-system': 'ui.kind.room',
}
