// Four ways to invite: by the clipboard, by a draft in the host's own mail, by a calendar
// file, or sent from here. The text is the gateway's, one for all of them.
import { useSignal } from '@preact/signals'
import { CalendarArrowDown, ChevronDown, Mail, Send } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { languageName, t } from '../i18n.ts'
import { page } from '../page.ts'
import { Copy } from '../parts/Copy.tsx'
import { failed } from '../rooms/session.ts'
import { recall, remember } from '../stored.ts'
import { getInvitation } from './api.ts'
import { InvitationPaper } from './Review.tsx'
import type { InvitationText, Meeting } from './types.ts'

interface Props {
  meeting: Meeting
  /** Absent: nothing is sent from here. */
  onSend?(): void
  /** The text is shown at once. */
  open?: boolean
}

export function InviteWays({ meeting, onSend, open }: Props) {
  const lang = useSignal(meeting.language || page.lang)
  const text = useSignal<InvitationText | undefined>(undefined)
  const error = useSignal('')
  const version = [meeting.title, meeting.start, meeting.repeat, meeting.guest_link, meeting.pin, meeting.note].join()
  useEffect(() => {
    let late = false
    getInvitation(meeting.id, lang.value).then(
      (i) => !late && ((text.value = i), (error.value = '')),
      (e: unknown) => !late && (error.value = failed(e)),
    )
    return () => (late = true)
  }, [meeting.id, lang.value, version])

  const i = text.value
  return (
    <div class="flex flex-col gap-4">
      {error.value && (
        <p role="alert" class="text-error font-medium">
          {error}
        </p>
      )}
      <ul class="grid gap-3 sm:grid-cols-2">
        <Way name={t('ui.meetings.invite.copy')} help={t('ui.meetings.invite.copy.help')}>
          {i ? <Copy what={t('ui.invite.text')} text={i.text} html={() => i.html} label={t('ui.meetings.invite.copy.do')} class="btn-primary w-full" /> : <Pending />}
        </Way>
        <Way name={t('ui.meetings.invite.draft')} help={t('ui.meetings.invite.draft.help')}>
          {i ? <MailDraft text={i} /> : <Pending />}
        </Way>
        {i?.ics && (
          <Way name={t('ui.meetings.invite.file')} help={t('ui.meetings.invite.file.help')}>
            <a class="btn btn-soft w-full" href={i.ics} download>
              <CalendarArrowDown class="icon" aria-hidden="true" />
              {t('ui.meetings.invite.file.do')}
            </a>
          </Way>
        )}
        {onSend && (
          <Way name={t('ui.meetings.invite.send')} help={t('ui.meetings.invite.send.help')}>
            <button type="button" class="btn btn-soft w-full" onClick={onSend}>
              <Send class="icon" aria-hidden="true" />
              {t('ui.meetings.invite.send.do')}
            </button>
          </Way>
        )}
      </ul>
      <LanguageOfText value={lang.value} onChange={(v) => (lang.value = v)} />
      {i && (
        <details open={open} class="group">
          <summary class="flex min-h-11 cursor-pointer list-none items-center gap-2 font-semibold [&::-webkit-details-marker]:hidden">
            <ChevronDown class="icon transition-transform group-open:rotate-180" aria-hidden="true" />
            {t('ui.meetings.invite.show')}
          </summary>
          <div class="mt-2">
            <InvitationPaper text={i.text} lang={i.language} />
          </div>
        </details>
      )}
    </div>
  )
}

function Way({ name, help, children }: { name: string; help: string; children: ComponentChildren }) {
  return (
    <li class="border-base-300 flex flex-col gap-3 rounded-2xl border p-4">
      <div class="flex-1">
        <h3 class="font-bold">{name}</h3>
        <p class="soft text-sm">{help}</p>
      </div>
      {children}
    </li>
  )
}

/** In the place of a button until the text is there, so that nothing jumps. */
const Pending = () => <span aria-hidden="true" class="btn btn-soft btn-disabled w-full" />

function MailDraft({ text }: { text: InvitationText }) {
  const programs: [string, string, string][] = [
    ['default', t('ui.meetings.draft.default'), text.mailto],
    ['outlook', 'Outlook (web)', text.outlook],
    ['gmail', 'Gmail', text.gmail],
  ]
  const remembered = recall('mail-program')
  const program = useSignal(programs.some(([p]) => p === remembered) ? remembered : 'default')
  const [, , href] = programs.find(([p]) => p === program.value) ?? programs[0]!
  const choose = (p: string) => remember('mail-program', (program.value = p))
  return (
    <div class="flex flex-wrap gap-2">
      <a class="btn btn-soft flex-1 basis-36 whitespace-nowrap" href={href} {...(program.value === 'default' ? {} : { target: '_blank', rel: 'noopener noreferrer' })}>
        <Mail class="icon" aria-hidden="true" />
        {t('ui.meetings.invite.draft.do')}
      </a>
      <select class="select min-w-0 flex-1 basis-36" value={program.value} onChange={(e) => choose(e.currentTarget.value)} aria-label={t('ui.meetings.draft.program')}>
        {programs.map(([p, name]) => (
          <option key={p} value={p}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

export function LanguageOfText({ value, onChange }: { value: string; onChange(lang: string): void }) {
  return (
    <label class="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span class="soft">{t('ui.meetings.invite.language')}</span>
      <span class="w-44">
        <select class="select" value={value} onChange={(e) => onChange(e.currentTarget.value)}>
          {page.languages.map((code) => (
            <option key={code} value={code}>
              {languageName(code, page.lang)}
            </option>
          ))}
        </select>
      </span>
    </label>
  )
}
