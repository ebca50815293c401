// What is about to be made, before it is: the dates, and the invitation as guests get it.
import { TriangleAlert } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { region, t } from '../i18n.ts'
import { page } from '../page.ts'
import { settingsOf, usualCapacity, type Draft } from './draft.ts'
import type { Occurrence, Preview } from './types.ts'
import { longDay, shortMoment, spanText, zoneText } from './when.ts'
import { repeatText } from './words.ts'

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="grid gap-x-6 gap-y-0.5 py-3 sm:grid-cols-[9rem_1fr]">
      <dt class="soft text-sm sm:pt-0.5">{name}</dt>
      <dd class="font-semibold wrap-anywhere">{children}</dd>
    </div>
  )
}

/** The settings that are not as they are by themselves. */
function chosen(d: Draft): string[] {
  const all: [boolean, string][] = [
    [d.lobby, t('ui.room.lobby')],
    [d.wait_for_host, t('ui.room.wait')],
    [d.mute_on_entry, t('ui.room.mute')],
    [d.personal_pins, t('ui.meetings.ownpins')],
    [d.guest_invites, t('ui.room.invites')],
    [d.names === 'guest', t('ui.room.names.guest')],
    [d.max_participants !== usualCapacity, `${t('ui.room.capacity')}: ${d.max_participants || '∞'}`],
  ]
  return all.filter(([on]) => on).map(([, text]) => text)
}

export function Review({ draft: d, preview }: { draft: Draft; preview: Preview }) {
  const s = settingsOf(d)
  const first = preview.occurrences[0]
  const start = first ? Date.parse(first.start) : Number.NaN
  const settings = chosen(d)
  return (
    <>
      {preview.warnings.length > 0 && <Warnings warnings={preview.warnings} />}
      <dl class="rows">
        <Row name={t('ui.meetings.title')}>{s.title}</Row>
        {first && (
          <Row name={t('ui.meetings.when')}>
            <span class="figures block">{longDay(start, d.zone, region)}</span>
            <span class="figures block">{spanText(start, Date.parse(first.end), d.zone, region)}</span>
            <span class="soft block text-sm font-normal">{zoneText(d.zone, start)}</span>
          </Row>
        )}
        {s.repeat && (
          <Row name={t('ui.meetings.repeat')}>
            {repeatText(s.repeat, d.date, d.zone)}
            <Dates occurrences={preview.occurrences} more={preview.more} zone={d.zone} />
          </Row>
        )}
        <Row name={t('ui.room.pin')}>
          <span class="figures">{d.pin || t('ui.meetings.pin.none')}</span>
        </Row>
        {settings.length > 0 && <Row name={t('ui.room.settings')}>{settings.join(' · ')}</Row>}
      </dl>
      {preview.invitation && (
        <section class="mt-4" aria-labelledby="as-guests-see-it">
          <h2 id="as-guests-see-it" class="soft mb-2 text-sm">
            {t('ui.meetings.review.text')}
          </h2>
          <InvitationPaper text={preview.invitation.text} lang={preview.invitation.language} />
        </section>
      )}
    </>
  )
}

/** The invitation's text as it is sent. */
export function InvitationPaper({ text, lang }: { text: string; lang: string }) {
  return (
    <pre lang={lang} tabIndex={0} class="bg-base-200 overflow-x-auto rounded-2xl p-4 font-sans text-sm leading-relaxed whitespace-pre-line wrap-anywhere sm:font-mono sm:whitespace-pre-wrap">
      {text}
    </pre>
  )
}

export function Dates({ occurrences, more, zone }: { occurrences: Occurrence[]; more: boolean; zone: string }) {
  return (
    <ol class="figures soft mt-1 text-sm font-normal">
      {occurrences.map((o) => (
        <li key={o.original}>{shortMoment(Date.parse(o.start), zone, region)}</li>
      ))}
      {more && <li aria-hidden="true">…</li>}
    </ol>
  )
}

function Warnings({ warnings }: { warnings: { location: string; message: string }[] }) {
  const said = (w: { location: string; message: string }) => {
    if (page.lang === 'en' || !w.location.endsWith('start')) return w.message.charAt(0).toUpperCase() + w.message.slice(1)
    return /clock/.test(w.message) ? t('ui.meetings.warning.clocks') : t('ui.meetings.warning.past')
  }
  return (
    <div role="alert" class="bg-accent text-accent-content mb-3 flex gap-3 rounded-2xl p-4 font-medium">
      <TriangleAlert class="icon mt-0.5" aria-hidden="true" />
      <ul>
        {warnings.map((w) => (
          <li key={w.location + w.message}>{said(w)}</li>
        ))}
      </ul>
    </div>
  )
}
