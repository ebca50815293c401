// Whom to call into the room: a number, an address, or somebody of the address book.
import { Phone } from 'lucide-preact'
import { Problem } from '../api.ts'
import { t, type Key } from '../i18n.ts'
import { Switch } from '../parts/Choice.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { Field } from '../parts/Field.tsx'
import { nameLimit } from '../prejoin/browser.ts'
import { useForm } from '../rooms/useForm.ts'
import { AddressField } from './AddressField.tsx'
import { isNumber } from './calls.ts'
import type { Calls } from './useCalls.ts'

interface Draft {
  to: string
  name: string
  confirm?: boolean // undefined: nobody has said, and a number is asked
}

const refusals: Record<string, Key> = {
  address: 'ui.calls.wrong.address',
  forbidden: 'ui.calls.wrong.forbidden',
  limit: 'ui.calls.wrong.limit',
}

/** What the gateway says, in the language of the page; a rule's own words stay as they are. */
function inWords(e: unknown): unknown {
  if (!(e instanceof Problem) || (e.status !== 422 && e.status !== 429)) return e
  const key = refusals[e.code] ?? (e.fields.to ? 'ui.calls.wrong.address' : undefined)
  if (!key) return e
  const why = e.code === 'forbidden' && e.fields.to ? ` (${e.fields.to})` : ''
  return new Problem(422, '', { to: t(key) + why })
}

export function CallDialog({ calls, onClose }: { calls: Calls; onClose(): void }) {
  const { form, draft, errors, error, busy, submit } = useForm<Draft>({ to: '', name: '' }, async (d) => {
    const to = d.to.trim()
    if (!to) throw new Problem(422, '', { to: t('ui.calls.missing') })
    try {
      await calls.start({ to, name: d.name.trim(), confirm: asked(d) })
    } catch (e) {
      throw inWords(e)
    }
    onClose()
  })
  const set = (change: Partial<Draft>) => (draft.value = { ...draft.value, ...change })
  const d = draft.value
  return (
    <Dialog title={t('ui.calls.call')} onClose={onClose}>
      <form ref={form} class="flex flex-col gap-4" onSubmit={(e) => void submit(e)} noValidate>
        <AddressField value={d.to} onInput={(to) => set({ to })} onChoose={(c) => set({ to: c.phone, name: c.name })} error={errors.value.to} />
        <Field label={t('ui.calls.name')} hint={t('ui.calls.name.help')} value={d.name} onInput={(name) => set({ name })} error={errors.value.name} maxLength={nameLimit} name="name" />
        <Switch label={t('ui.calls.confirm')} help={t('ui.calls.confirm.help')} on={asked(d)} onChange={(confirm) => set({ confirm })} />
        {error.value && (
          <p role="alert" class="text-error font-medium">
            {error}
          </p>
        )}
        <div class="flex justify-end gap-3 pt-1 pb-4">
          <button type="button" class="btn btn-ghost" onClick={onClose}>
            {t('ui.cancel')}
          </button>
          <button class="btn btn-primary" disabled={busy.value}>
            <Phone class="icon" aria-hidden="true" />
            {t('ui.calls.do')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Numbers may have a mailbox; who calls a room system wants it to join at once. */
const asked = (d: Draft): boolean => d.confirm ?? isNumber(d.to)
