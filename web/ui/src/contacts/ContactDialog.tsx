// A contact to be added or changed.
import { useSignal } from '@preact/signals'
import { Trash2 } from 'lucide-preact'
import { useId } from 'preact/hooks'
import { Problem } from '../api.ts'
import { languageName, t } from '../i18n.ts'
import { page } from '../page.ts'
import { Select } from '../parts/Choice.tsx'
import { Confirm } from '../parts/Confirm.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { Field } from '../parts/Field.tsx'
import { tell } from '../parts/news.tsx'
import { useForm } from '../rooms/useForm.ts'
import { addContact, changeContact, removeContact, type Contact, type ContactFields } from './api.ts'
import { called } from './ContactRow.tsx'
import { isEmail, read } from './recipients.ts'

interface Props {
  contact?: Contact // absent: a new one
  first?: ContactFields
  onDone(): void
  onClose(): void
}

/** What can be seen to be wrong before it is sent. */
export function mistakesOf(c: ContactFields, country: string): Record<string, string> {
  const [email, phone] = [c.email?.trim(), c.phone?.trim()]
  const wrong: Record<string, string> = {}
  if (!c.name?.trim() && !email && !phone) wrong.name = t('ui.contacts.wrong.who')
  if (email && !isEmail(email)) wrong.email = t('ui.contacts.bad.email')
  const number = phone ? read(phone, country) : undefined
  if (number?.wrong || number?.recipient.email) {
    wrong.phone = t(number.wrong === 'ui.recipients.bad.country' ? 'ui.contacts.bad.country' : 'ui.contacts.bad.phone')
  }
  return wrong
}

/** The gateway's words are English; what it finds that we don't is an address that another contact has. */
function inWords(e: unknown): unknown {
  if (!(e instanceof Problem)) return e
  if (e.status === 404) return new Problem(422, t('ui.contacts.gone'))
  if (page.lang === 'en' || e.status !== 422) return e
  const fields = Object.fromEntries(
    Object.entries(e.fields).map(([field, text]) => [field, field === 'name' ? text : text.includes('already') ? t('ui.contacts.taken') : t(field === 'phone' ? 'ui.contacts.bad.phone' : 'ui.contacts.bad.other')]),
  )
  return new Problem(e.status, e.message, fields)
}

export function ContactDialog({ contact, first = {}, onDone, onClose }: Props) {
  const country = page.country ?? ''
  const deleting = useSignal(false)
  const { form, draft, errors, error, busy, submit } = useForm<ContactFields>(contact ?? first, async (c) => {
    const wrong = mistakesOf(c, country)
    if (Object.keys(wrong).length > 0) throw new Problem(422, '', wrong)
    const { name = '', email = '', phone = '', company = '', note = '', language = '' } = c
    const fields = { name, email, phone, company, note, language }
    try {
      const after = contact ? await changeContact(contact.id, fields) : await addContact(fields)
      tell(t(contact ? 'ui.contacts.saved' : 'ui.contacts.added', { Name: called(after) }))
    } catch (e) {
      throw inWords(e)
    }
    onDone()
    onClose()
  })
  const c = draft.value
  const set = (change: ContactFields) => (draft.value = { ...draft.value, ...change })
  const region = country && new Intl.DisplayNames([page.lang], { type: 'region' }).of(country)
  return (
    <Dialog title={t(contact ? 'ui.contacts.edit.title' : 'ui.contacts.add')} onClose={onClose} wide>
      <form ref={form} class="flex flex-col gap-4" onSubmit={(e) => void submit(e)} noValidate>
        <Field label={t('ui.contacts.name')} value={c.name ?? ''} onInput={(name) => set({ name })} error={errors.value.name} maxLength={120} name="name" />
        <div class="grid gap-4 sm:grid-cols-2">
          <Field label={t('ui.contacts.email')} type="email" inputMode="email" value={c.email ?? ''} onInput={(email) => set({ email })} error={errors.value.email} maxLength={254} name="email" />
          <Field
            label={t('ui.contacts.phone')}
            hint={region ? t('ui.contacts.phone.local', { Country: region }) : t('ui.contacts.phone.help')}
            type="tel"
            inputMode="tel"
            value={c.phone ?? ''}
            onInput={(phone) => set({ phone })}
            error={errors.value.phone}
            maxLength={40}
            name="phone"
          />
          <Field label={t('ui.contacts.company')} value={c.company ?? ''} onInput={(company) => set({ company })} error={errors.value.company} maxLength={120} name="company" />
          <Select
            label={t('ui.contacts.language')}
            value={c.language ?? ''}
            onChange={(language) => set({ language })}
            options={languages(c.language ?? '')}
          />
        </div>
        <Note value={c.note ?? ''} onInput={(note) => set({ note })} />
        {error.value && (
          <p role="alert" class="text-error font-medium">
            {error}
          </p>
        )}
        <div class="flex flex-wrap justify-between gap-3">
          {contact ? (
            <button type="button" class="btn btn-soft btn-error" onClick={() => (deleting.value = true)}>
              <Trash2 class="icon" aria-hidden="true" />
              {t('ui.contacts.delete')}
            </button>
          ) : (
            <span />
          )}
          <button class="btn btn-primary" disabled={busy.value}>
            {t(contact ? 'ui.save' : 'ui.contacts.add')}
          </button>
        </div>
      </form>
      {deleting.value && contact && (
        <Confirm
          title={t('ui.contacts.delete.title', { Name: called(contact) })}
          text={t('ui.contacts.delete.text')}
          action={t('ui.contacts.delete')}
          onDo={() => remove(contact)}
          onClose={() => (deleting.value = false)}
        />
      )}
    </Dialog>
  )

  async function remove(gone: Contact): Promise<void> {
    await removeContact(gone.id).catch((e: unknown) => {
      if (!(e instanceof Problem) || e.status !== 404) throw e // gone is gone
    })
    tell(t('ui.contacts.deleted', { Name: called(gone) }))
    onDone()
    onClose()
  }
}

/** An imported contact may have a language that the gateway doesn't speak: it stays to be seen. */
function languages(own: string): [string, string][] {
  const codes = own && !page.languages.includes(own) ? [...page.languages, own] : page.languages
  return [['', t('ui.contacts.language.meeting')], ...codes.map((code): [string, string] => [code, languageName(code, page.lang)])]
}

function Note({ value, onInput }: { value: string; onInput(value: string): void }) {
  const id = useId()
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="text-sm font-semibold">
        {t('ui.contacts.note')}
      </label>
      <textarea id={id} class="input h-auto min-h-20 py-2.5 whitespace-pre-wrap" rows={3} maxLength={1000} value={value} onInput={(e) => onInput(e.currentTarget.value)} />
    </div>
  )
}
