// Takes in a file and reports what came of it, line by line where something was wrong.
import { useSignal } from '@preact/signals'
import { Upload } from 'lucide-preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Problem } from '../api.ts'
import { t, type Key } from '../i18n.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { failed } from '../rooms/session.ts'
import { importContacts, largestFile, type BadLine, type Imported } from './api.ts'

const why: Record<BadLine['code'], Key> = {
  empty: 'ui.contacts.bad.empty',
  email: 'ui.contacts.bad.email',
  phone: 'ui.contacts.bad.phone',
  country: 'ui.contacts.bad.country',
  long: 'ui.contacts.bad.long',
  syntax: 'ui.contacts.bad.syntax',
  other: 'ui.contacts.bad.other',
}

export function ImportDialog({ onDone, onClose }: { onDone(): void; onClose(): void }) {
  const result = useSignal<Imported | undefined>(undefined)
  const error = useSignal('')
  const busy = useSignal(false)

  async function take(file: File | undefined) {
    if (!file || busy.value) return
    error.value = ''
    if (file.size > largestFile) {
      error.value = t('ui.contacts.import.large')
      return
    }
    busy.value = true
    try {
      result.value = await importContacts(file)
      onDone()
    } catch (e) {
      const status = e instanceof Problem ? e.status : 0
      error.value = status === 413 ? t('ui.contacts.import.large') : status === 422 ? t('ui.contacts.import.format') : failed(e)
    }
    busy.value = false
  }

  return (
    <Dialog title={t('ui.contacts.import.title')} onClose={onClose} wide>
      {result.value ? (
        <Report result={result.value} onAgain={() => (result.value = undefined)} onClose={onClose} />
      ) : (
        <div class="flex flex-col gap-4">
          <p class="leading-relaxed">{t('ui.contacts.import.help')}</p>
          <FileField busy={busy.value} error={error.value} onFile={(f) => void take(f)} />
        </div>
      )}
    </Dialog>
  )
}

function FileField({ busy, error, onFile }: { busy: boolean; error: string; onFile(file: File | undefined): void }) {
  const id = useId()
  return (
    <div
      class="border-base-content/55 flex flex-col items-center gap-3 rounded-2xl border border-dashed p-8 text-center"
      onDragOver={(e) => e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault()
        onFile(e.dataTransfer?.files[0])
      }}
    >
      <label for={id} class={`btn btn-primary btn-lg has-focus-visible:outline-3 ${busy ? 'btn-disabled' : ''}`}>
        <Upload class="icon" aria-hidden="true" />
        {t(busy ? 'ui.contacts.import.busy' : 'ui.contacts.import.choose')}
        <input
          id={id}
          type="file"
          class="sr-only"
          accept=".vcf,.csv,.txt,text/vcard,text/csv"
          disabled={busy}
          onChange={(e) => {
            onFile(e.currentTarget.files?.[0])
            e.currentTarget.value = '' // the same file may be tried again, mended
          }}
          aria-describedby={error ? `${id}-told` : undefined}
        />
      </label>
      {error && (
        <p id={`${id}-told`} role="alert" class="text-error font-medium">
          {error}
        </p>
      )}
    </div>
  )
}

function Report({ result, onAgain, onClose }: { result: Imported; onAgain(): void; onClose(): void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const more = result.bad_count - result.bad.length
  const counts: [string, number][] = [
    [t('ui.contacts.import.added'), result.added],
    [t('ui.contacts.import.changed'), result.changed],
    [t('ui.contacts.import.skipped'), result.skipped],
  ]
  return (
    <div class="flex flex-col gap-4">
      <h3 ref={heading} tabIndex={-1} class="font-bold outline-none">
        {t('ui.contacts.import.done')}
      </h3>
      <dl class="grid grid-cols-3 gap-2 text-center">
        {counts.map(([name, count]) => (
          <div key={name} class="bg-base-200 flex flex-col-reverse rounded-2xl p-3">
            <dt class="soft text-sm">{name}</dt>
            <dd class="figures text-2xl font-bold">{count}</dd>
          </div>
        ))}
      </dl>
      {result.bad_count > 0 && (
        <section>
          <p class="font-semibold">{t('ui.contacts.import.bad', { Count: result.bad_count })}</p>
          <ul tabIndex={0} class="rows border-base-300 mt-2 max-h-72 overflow-y-auto rounded-2xl border px-4">
            {result.bad.map((b, i) => (
              <li key={i} class="py-2 text-sm">
                <span class="figures font-semibold">{t('ui.contacts.import.line', { Line: b.line })}</span>
                {b.entry && <span class="wrap-anywhere"> · {b.entry}</span>}
                <span class="soft block">
                  {t(why[b.code])} {b.kept && b.code !== 'long' && t('ui.contacts.import.kept')}
                </span>
              </li>
            ))}
          </ul>
          {more > 0 && <p class="soft mt-2 text-sm">{t('ui.contacts.import.others', { Count: more })}</p>}
        </section>
      )}
      <div class="flex flex-wrap justify-end gap-3">
        <button type="button" class="btn btn-soft" onClick={onAgain}>
          {t('ui.contacts.import.another')}
        </button>
        <button type="button" class="btn btn-primary" onClick={onClose}>
          {t('ui.close')}
        </button>
      </div>
    </div>
  )
}
