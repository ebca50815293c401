// How long it is until a meeting opens, and when to ask the gateway about that again.

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Days, hours, minutes and seconds, rounded up to a whole second. */
export function parts(ms: number): [days: number, hours: number, minutes: number, seconds: number] {
  const s = Math.max(0, Math.ceil(ms / second))
  return [Math.floor(s / 86_400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60]
}

const names = ['day', 'hour', 'minute', 'second'] as const

const unit = (lang: string, name: (typeof names)[number], n: number): string =>
  new Intl.NumberFormat(lang, { style: 'unit', unit: name, unitDisplay: 'long' }).format(n)

/** The same in words, the two largest parts of it: "2 days 3 hours", "4 minutes", "20 seconds". */
export function leftText(ms: number, lang: string): string {
  const all = parts(ms)
  const found = all.findIndex((n) => n > 0)
  const first = found < 0 ? 3 : found
  // Seconds count only when there is nothing else.
  const last = first < 2 ? first + 1 : first
  return names
    .map((name, i) => ({ name, n: all[i] ?? 0, i }))
    .filter(({ n, i }) => i >= first && i <= last && (n > 0 || i === first))
    .map(({ name, n }) => unit(lang, name, n))
    .join(' ')
}

/** What a part is called beside its number: "days". */
export function unitName(i: number, n: number, lang: string): string {
  const name = names[i] ?? 'second'
  const text = new Intl.NumberFormat(lang, { style: 'unit', unit: name, unitDisplay: 'long' }).formatToParts(n)
  return text.find((p) => p.type === 'unit')?.value ?? ''
}

/** Whether this second is one to be said aloud: each of the last five minutes, before that now and then. */
export function saidAt(ms: number): boolean {
  const s = Math.ceil(ms / second)
  if (s <= 0 || s % 60 !== 0) return false
  const m = s / 60
  return m <= 5 || (m <= 60 && m % 15 === 0) || (m <= 1440 && m % 60 === 0) || m % 1440 === 0
}

const soon = [1, 2, 4, 8, 15, 30]

/** When to ask again: at the opening, and before it because hosts move meetings; after it slower each time. */
export function nextAsk(ms: number, tries: number, random: () => number = Math.random): number {
  if (ms > 0) return Math.min(ms, ms > hour ? 5 * minute : minute) + Math.round(random() * second)
  const base = soon[Math.min(tries, soon.length - 1)] ?? 30
  return Math.round(base * second * (0.75 + random() / 2))
}
