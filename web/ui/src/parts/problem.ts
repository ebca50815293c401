import { t } from '../i18n.ts'
import { Problem } from '../api.ts'

/** Waiting time in words that fit it. */
export function waitText(seconds: number): string {
  return seconds < 90 ? t('ui.wait.seconds', { Count: Math.max(1, seconds) }) : t('ui.wait.minutes', { Count: Math.ceil(seconds / 60) })
}

/** What to tell the person about anything that failed. */
export function problemText(e: unknown): string {
  if (!(e instanceof Problem)) return t('ui.problem.other')
  if (e.status === 0) return t('ui.problem.network')
  if (e.status === 429) return t('ui.problem.often', { Wait: waitText(e.wait) })
  if (e.status === 503) return t(e.code === 'disk-full' ? 'ui.problem.disk' : 'ui.problem.busy')
  if (e.status === 401) return t('ui.problem.session')
  if (e.status === 403) return t('ui.problem.rights')
  if (e.status === 404) return t('ui.problem.gone')
  return e.message || t('ui.problem.other')
}
