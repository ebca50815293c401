// What a meeting can do without: folded away until somebody looks for it.
import { useId } from 'preact/hooks'
import { languageName, region, t } from '../i18n.ts'
import { page } from '../page.ts'
import { Select, Switch } from '../parts/Choice.tsx'
import { Field } from '../parts/Field.tsx'
import type { Draft } from './draft.ts'
import { durationText } from './when.ts'

interface Props {
  draft: Draft
  set(change: Partial<Draft>): void
  errors: Record<string, string>
  isNew: boolean
}

const early = [0, 5, 10, 15, 30, 60]
const late = [0, 15, 30, 60, 120]
const before = [10_080, 1440, 60, 15]
const longestNote = 2000

/** The usual choices, and what is set if it is none of them. */
const minutes = (choices: number[], value: number): [string, string][] =>
  [...new Set([...choices, value])].sort((a, b) => a - b).map((m) => [String(m), m === 0 ? t('ui.meetings.minutes.none') : durationText(m, region)])

export function MoreFields({ draft: d, set, errors, isNew }: Props) {
  return (
    <div class="flex flex-col gap-5">
      <Note value={d.note} onInput={(note) => set({ note })} error={errors.note} />
      <div class="rows">
        <Switch label={t('ui.room.lobby')} help={t('ui.room.lobby.help')} on={d.lobby} onChange={(lobby) => set({ lobby })} />
        <Switch label={t('ui.room.wait')} help={t('ui.room.wait.help')} on={d.wait_for_host} onChange={(wait_for_host) => set({ wait_for_host })} />
        <Switch label={t('ui.room.mute')} on={d.mute_on_entry} onChange={(mute_on_entry) => set({ mute_on_entry })} />
        <Switch label={t('ui.room.invites')} help={t('ui.room.invites.help')} on={d.guest_invites} onChange={(guest_invites) => set({ guest_invites })} />
        <Switch label={t('ui.meetings.ownpins')} help={t('ui.meetings.ownpins.help')} on={d.personal_pins} onChange={(personal_pins) => set({ personal_pins })} />
      </div>
      <div class="grid gap-4 sm:grid-cols-2">
        <Select label={t('ui.meetings.early')} value={String(d.join_early_min)} onChange={(v) => set({ join_early_min: Number(v) })} options={minutes(early, d.join_early_min)} error={errors.join_early_min} />
        <Select label={t('ui.meetings.grace')} value={String(d.grace_min)} onChange={(v) => set({ grace_min: Number(v) })} options={minutes(late, d.grace_min)} error={errors.grace_min} />
        <Select
          label={t('ui.room.names')}
          value={d.names}
          onChange={(names) => set({ names })}
          error={errors.names}
          options={[
            ['ask', t('ui.room.names.ask')],
            ['guest', t('ui.room.names.guest')],
          ]}
        />
        <Select
          label={t('ui.meetings.language')}
          value={d.language}
          onChange={(language) => set({ language })}
          error={errors.language}
          options={[['', t('ui.meetings.language.default')], ...page.languages.map((code): [string, string] => [code, languageName(code, page.lang)])]}
        />
        <Field
          label={t('ui.room.capacity')}
          hint={t('ui.room.capacity.help')}
          value={String(d.max_participants)}
          onInput={(v) => set({ max_participants: Number.parseInt(v, 10) || 0 })}
          error={errors.max_participants}
          inputMode="numeric"
          maxLength={6}
          name="max_participants"
        />
        <Field
          label={t('ui.room.hostpin')}
          hint={t(isNew ? 'ui.room.hostpin.new' : 'ui.room.hostpin.help')}
          value={d.host_pin}
          onInput={(host_pin) => set({ host_pin })}
          error={errors.host_pin}
          inputMode="numeric"
          maxLength={12}
          name="host_pin"
        />
      </div>
      <Reminders value={d.reminders ?? page.reminders_min ?? [1440, 60]} onChange={(reminders) => set({ reminders })} error={errors.reminders_min} />
    </div>
  )
}

function Note({ value, onInput, error }: { value: string; onInput(value: string): void; error?: string }) {
  const id = useId()
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="text-sm font-semibold">
        {t('ui.meetings.note')}
      </label>
      <textarea
        id={id}
        name="note"
        class={`input h-auto min-h-24 py-2.5 leading-relaxed whitespace-pre-wrap ${error ? 'input-error' : ''}`}
        rows={3}
        maxLength={longestNote}
        value={value}
        onInput={(e) => onInput(e.currentTarget.value)}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-told`}
      />
      <p id={`${id}-told`} class={`text-sm ${error ? 'text-error font-medium' : 'soft'}`}>
        {error || t('ui.meetings.note.help')}
      </p>
    </div>
  )
}

function Reminders({ value, onChange, error }: { value: number[]; onChange(minutes: number[]): void; error?: string }) {
  const choices = [...new Set([...before, ...value])].sort((a, b) => b - a)
  const id = useId()
  return (
    <fieldset aria-describedby={error ? id : undefined}>
      <legend class="mb-1 text-sm font-semibold">{t('ui.meetings.reminders')}</legend>
      <p class="soft text-sm">{t('ui.meetings.reminders.help')}</p>
      <div class="mt-1 flex flex-wrap gap-x-6">
        {choices.map((m) => (
          <label key={m} class="flex min-h-11 cursor-pointer items-center gap-3">
            <input
              type="checkbox"
              class="checkbox"
              checked={value.includes(m)}
              onChange={(e) => onChange(choices.filter((c) => (c === m ? e.currentTarget.checked : value.includes(c))))}
              aria-invalid={error ? true : undefined}
            />
            {t('ui.meetings.reminders.before', { Time: durationText(m, region) })}
          </label>
        ))}
      </div>
      {error && (
        <p id={id} class="text-error text-sm font-medium">
          {error}
        </p>
      )}
    </fieldset>
  )
}
