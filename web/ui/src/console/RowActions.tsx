// What a host can do about one leg, and its figures.
import { useSignal } from '@preact/signals'
import { DoorOpen, Hand, Pencil, Star, UserX } from 'lucide-preact'
import { nameOf } from '../call/words.ts'
import { decimal, percent, t } from '../i18n.ts'
import { Confirm } from '../parts/Confirm.tsx'
import { cleanName, nameFits, nameLimit } from '../prejoin/browser.ts'
import type { Person } from '../signal/types.ts'
import type { Command } from './Console.tsx'
import { MoveDialog } from './MoveDialog.tsx'

interface Props {
  person: Person
  you: boolean
  room?: string // absent: it is not ours
  command: Command
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt class="soft text-xs">{name}</dt>
      <dd class="figures font-semibold">{value}</dd>
    </div>
  )
}

export function RowActions({ person: p, you, room, command }: Props) {
  const renaming = useSignal(false)
  const removing = useSignal(false)
  const moving = useSignal(false)
  const ms = (value = 0) => t('ui.ms', { Value: Math.round(value) })
  return (
    <div class="flex flex-col gap-3 px-3 pb-3">
      {p.mos ? (
        <dl class="grid grid-cols-4 gap-2">
          <Figure name={t('ui.quality.loss.short')} value={percent(p.loss ?? 0)} />
          <Figure name={t('ui.quality.jitter')} value={ms(p.jitter_ms)} />
          <Figure name={t('ui.quality.rtt')} value={ms(p.rtt_ms)} />
          <Figure name="MOS" value={decimal(p.mos)} />
        </dl>
      ) : null}
      {renaming.value ? (
        <Rename person={p} onDone={(name) => ((renaming.value = false), name && void command('rename', { who: p.id, name }))} />
      ) : (
        <div class="flex flex-wrap gap-2">
          <button type="button" class="btn btn-sm btn-soft" onClick={() => (renaming.value = true)}>
            <Pencil class="size-4" aria-hidden="true" />
            {t('ui.console.rename')}
          </button>
          {p.hand && (
            <button type="button" class="btn btn-sm btn-soft" onClick={() => void command('lower-hand', { who: p.id })}>
              <Hand class="size-4" aria-hidden="true" />
              {t('ui.hand.lower')}
            </button>
          )}
          {!p.host && (
            <button type="button" class="btn btn-sm btn-soft" onClick={() => void command('make-host', { who: p.id })}>
              <Star class="size-4" aria-hidden="true" />
              {t('ui.console.host')}
            </button>
          )}
          {!you && room && (
            <button type="button" class="btn btn-sm btn-soft" onClick={() => (moving.value = true)}>
              <DoorOpen class="size-4" aria-hidden="true" />
              {t('ui.calls.move')}
            </button>
          )}
          {!you && (
            <button type="button" class="btn btn-sm btn-soft btn-error" onClick={() => (removing.value = true)}>
              <UserX class="size-4" aria-hidden="true" />
              {t('ui.console.remove')}
            </button>
          )}
        </div>
      )}
      {moving.value && room && <MoveDialog person={p} room={room} onClose={() => (moving.value = false)} />}
      {removing.value && (
        <Confirm
          title={t('ui.console.remove.title', { Name: nameOf(p) })}
          text={t('ui.console.remove.text')}
          action={t('ui.console.remove')}
          onDo={() => command('remove', { who: p.id })}
          onClose={() => (removing.value = false)}
        />
      )}
    </div>
  )
}

function Rename({ person, onDone }: { person: Person; onDone(name?: string): void }) {
  const name = useSignal(person.name)
  const clean = cleanName(name.value)
  const submit = (e: Event) => {
    e.preventDefault()
    if (nameFits(clean)) onDone(clean)
  }
  return (
    <form class="flex gap-2" onSubmit={submit} onKeyDown={(e) => e.key === 'Escape' && (e.stopPropagation(), e.preventDefault(), onDone())}>
      <input
        ref={(el) => el?.focus()}
        class="input input-sm"
        aria-label={t('ui.console.rename.label', { Name: nameOf(person) })}
        value={name.value}
        onInput={(e) => (name.value = e.currentTarget.value)}
        maxLength={nameLimit}
      />
      <button class="btn btn-sm btn-primary" disabled={!nameFits(clean)}>
        {t('ui.save')}
      </button>
      <button type="button" class="btn btn-sm btn-ghost" onClick={() => onDone()}>
        {t('ui.cancel')}
      </button>
    </form>
  )
}
