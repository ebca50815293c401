// To which of one's rooms and meetings somebody is moved.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { listRooms, Problem } from '../api.ts'
import { nameOf } from '../call/words.ts'
import { t } from '../i18n.ts'
import { listMeetings } from '../meetings/api.ts'
import { Select } from '../parts/Choice.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { tell } from '../parts/news.tsx'
import { problemText } from '../parts/problem.ts'
import type { Person } from '../signal/types.ts'
import { moveTo } from './calls.ts'

interface Place {
  extension: string
  name: string
}

/** Rooms, meetings that are on, and those that come next. */
async function places(except: string): Promise<Place[]> {
  const [rooms, live, next] = await Promise.all([
    listRooms(),
    listMeetings({ when: 'live', search: '', limit: 20 }),
    listMeetings({ when: 'upcoming', search: '', limit: 20 }),
  ])
  const all = [
    ...rooms.map((r) => ({ id: r.id, extension: r.extension, name: r.name })),
    ...[...live.meetings, ...next.meetings].map((m) => ({ id: m.id, extension: m.extension, name: m.title })),
  ]
  return all.filter((p, i) => p.id !== except && all.findIndex((o) => o.id === p.id) === i)
}

/** Why somebody was not moved. The gateway's words are English. */
function moveProblem(e: unknown): string {
  if (!(e instanceof Problem)) return problemText(e)
  if (e.status === 404) return t('ui.problem.left')
  return e.status === 409 || e.status === 422 ? t('ui.calls.move.refused') : problemText(e)
}

export function MoveDialog({ person, room, onClose }: { person: Person; room: string; onClose(): void }) {
  const list = useSignal<Place[] | undefined>(undefined)
  const to = useSignal('')
  const error = useSignal('')
  const busy = useSignal(false)
  useEffect(() => {
    places(room).then(
      (all) => {
        list.value = all
        to.value = all[0]?.extension ?? ''
      },
      (e) => (error.value = problemText(e)),
    )
  }, [room])
  const Name = nameOf(person)
  const submit = async (e: Event) => {
    e.preventDefault()
    if (busy.value || !to.value) return
    busy.value = true
    error.value = ''
    try {
      await moveTo(room, person.id, to.value)
      tell(t('ui.calls.moved', { Name, Room: list.value?.find((p) => p.extension === to.value)?.name ?? to.value }))
      onClose()
    } catch (e) {
      error.value = moveProblem(e)
      busy.value = false
    }
  }
  const none = list.value?.length === 0
  return (
    <Dialog title={t('ui.calls.move.title', { Name })} onClose={onClose}>
      <form class="flex flex-col gap-4" onSubmit={(e) => void submit(e)}>
        {none ? (
          <p class="leading-relaxed">{t('ui.calls.move.none')}</p>
        ) : (
          <>
            <p class="leading-relaxed">{t('ui.calls.move.text')}</p>
            <Select
              label={t('ui.calls.move.room')}
              value={to.value}
              onChange={(v) => (to.value = v)}
              options={(list.value ?? []).map((p) => [p.extension, `${p.name || p.extension} · ${p.extension}`])}
            />
          </>
        )}
        {error.value && (
          <p role="alert" class="text-error font-medium">
            {error}
          </p>
        )}
        <div class="flex justify-end gap-3 pt-1 pb-4">
          <button type="button" class="btn btn-ghost" onClick={onClose}>
            {t(none ? 'ui.close' : 'ui.cancel')}
          </button>
          {!none && (
            <button class="btn btn-primary" disabled={busy.value || !to.value}>
              {t('ui.calls.move.do')}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  )
}
