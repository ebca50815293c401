// The settings of a room, with the gateway's mistakes beside the fields they are about.
import type { Signal } from '@preact/signals'
import { t } from '../i18n.ts'
import { languageName } from '../i18n.ts'
import { page } from '../page.ts'
import { Select, Switch } from '../parts/Choice.tsx'
import { Field } from '../parts/Field.tsx'
import type { RoomChange } from '../api.ts'

interface Props {
  room: Signal<RoomChange>
  errors: Record<string, string>
  short?: boolean // only what a new room needs
}

export function RoomForm({ room, errors, short }: Props) {
  const r = room.value
  const set = (change: RoomChange) => (room.value = { ...room.value, ...change })
  return (
    <div class="flex flex-col gap-4">
      <Field label={t('ui.room.name')} value={r.name ?? ''} onInput={(name) => set({ name })} error={errors.name} maxLength={100} name="name" required />
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={t('ui.room.pin')} hint={t(short ? 'ui.room.pin.new' : 'ui.room.pin.help')} value={r.pin ?? ''} onInput={(pin) => set({ pin })} error={errors.pin} inputMode="numeric" maxLength={12} name="pin" />
        <Field label={t('ui.room.hostpin')} hint={t(short ? 'ui.room.hostpin.new' : 'ui.room.hostpin.help')} value={r.host_pin ?? ''} onInput={(host_pin) => set({ host_pin })} error={errors.host_pin} inputMode="numeric" maxLength={12} name="host_pin" />
      </div>
      <div class="rows">
        <Switch label={t('ui.room.lobby')} help={t('ui.room.lobby.help')} on={!!r.lobby} onChange={(lobby) => set({ lobby })} />
        <Switch label={t('ui.room.wait')} help={t('ui.room.wait.help')} on={!!r.wait_for_host} onChange={(wait_for_host) => set({ wait_for_host })} />
        <Switch label={t('ui.room.mute')} on={!!r.mute_on_entry} onChange={(mute_on_entry) => set({ mute_on_entry })} />
        {!short && <Switch label={t('ui.room.invites')} help={t('ui.room.invites.help')} on={!!r.guest_invites} onChange={(guest_invites) => set({ guest_invites })} />}
      </div>
      {!short && <More room={r} set={set} errors={errors} />}
    </div>
  )
}

function More({ room, set, errors }: { room: RoomChange; set(change: RoomChange): void; errors: Record<string, string> }) {
  return (
    <div class="grid gap-4 sm:grid-cols-2">
      <Select
        label={t('ui.room.names')}
        value={room.names ?? 'ask'}
        onChange={(names) => set({ names })}
        error={errors.names}
        options={[
          ['ask', t('ui.room.names.ask')],
          ['guest', t('ui.room.names.guest')],
        ]}
      />
      <Select
        label={t('ui.room.tones')}
        value={room.tones ?? 'tone'}
        onChange={(tones) => set({ tones })}
        error={errors.tones}
        options={[
          ['tone', t('ui.room.tones.tone')],
          ['name', t('ui.room.tones.name')],
          ['off', t('ui.room.tones.off')],
        ]}
      />
      <Select
        label={t('ui.room.language')}
        value={room.language ?? ''}
        onChange={(language) => set({ language })}
        error={errors.language}
        options={[['', t('ui.room.language.default')], ...page.languages.map((code): [string, string] => [code, languageName(code, page.lang)])]}
      />
      <Field
        label={t('ui.room.capacity')}
        hint={t('ui.room.capacity.help')}
        value={String(room.max_participants ?? 0)}
        onInput={(v) => set({ max_participants: Number.parseInt(v, 10) || 0 })}
        error={errors.max_participants}
        inputMode="numeric"
        maxLength={6}
        name="max_participants"
      />
    </div>
  )
}
