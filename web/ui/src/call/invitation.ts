// The invitation as text, as HTML and as addresses; parts that aren't configured are left out.
import { t } from '../i18n.ts'
import type { Ways } from '../signal/types.ts'

type Line = [name: string, value: string, href?: string]

function lines(ways: Ways): Line[] {
  const all: (Line | undefined)[] = [
    ways.link ? [t('ui.ways.link'), ways.link, ways.link] : undefined,
    ...(ways.numbers ?? []).map((n): Line => [n.label ? `${t('ui.ways.number')} (${n.label})` : t('ui.ways.number'), n.display, n.tel]),
    ways.extension ? [t('ui.ways.extension'), ways.extension] : undefined,
    ways.pin ? [t('ui.ways.pin'), ways.pin] : undefined,
    ways.numbers?.length ? [t('ui.ways.confirm'), '# / *'] : undefined,
    ways.sip ? [t('ui.ways.sip'), ways.sip, `sip:${ways.sip}`] : undefined,
    ways.h323 ? [t('ui.ways.h323'), ways.h323] : undefined,
  ]
  return all.filter((l) => l !== undefined)
}

export function invitationText(title: string, ways: Ways): string {
  return [t('ui.invite.intro', { Title: title }), '', ...lines(ways).map(([name, value]) => `${name}: ${value}`)].join('\n')
}

const escape = (s: string): string =>
  s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)

export function invitationHtml(title: string, ways: Ways): string {
  const rows = lines(ways).map(([name, value, href]) => {
    const shown = href ? `<a href="${escape(href)}">${escape(value)}</a>` : escape(value)
    return `<tr><td>${escape(name)}</td><td>${shown}</td></tr>`
  })
  return `<p>${escape(t('ui.invite.intro', { Title: title }))}</p><table>${rows.join('')}</table>`
}

export function mailto(title: string, ways: Ways): string {
  const body = invitationText(title, ways).replace(/\n/g, '\r\n')
  return `mailto:?subject=${encodeURIComponent(title)}&body=${encodeURIComponent(body)}`
}

/** Short enough for a message on a phone: title, link and one number. */
export function sms(title: string, ways: Ways): string {
  const first = ways.numbers?.[0]
  const parts = [title, ways.link, first && `${first.display} ${ways.extension ?? ''} ${ways.pin ?? ''}`.trim()]
  return `sms:?&body=${encodeURIComponent(parts.filter(Boolean).join('\n'))}`
}
