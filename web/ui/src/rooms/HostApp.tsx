// A host's page: sign in, then the rooms, or the room of the address.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { getRoom, Problem, type Room } from '../api.ts'
import { Meeting } from '../call/Meeting.tsx'
import { t } from '../i18n.ts'
import { page, type User } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { LiveRegions, Notes } from '../parts/news.tsx'
import { problemText } from '../parts/problem.ts'
import { RoomsPage } from './RoomsPage.tsx'
import { SignIn } from './SignIn.tsx'

export function HostApp() {
  const user = useSignal<User | null>(page.user ?? null)
  const out = () => (user.value = null)
  if (page.room && user.value) return <Enter id={page.room} user={user.value} onOut={out} />
  return (
    <>
      <LiveRegions />
      <Notes />
      {user.value ? <RoomsPage user={user.value} onOut={out} /> : <SignIn onIn={(u) => (user.value = u)} />}
    </>
  )
}

function Enter({ id, user, onOut }: { id: string; user: User; onOut(): void }) {
  const room = useSignal<Room | undefined>(undefined)
  const error = useSignal('')
  useEffect(() => {
    getRoom(id).then(
      (r) => {
        room.value = r
        page.ways = r.ways
      },
      (e: unknown) => (e instanceof Problem && e.status === 401 ? onOut() : (error.value = problemText(e))),
    )
  }, [id])
  if (room.value) return <Meeting target={{ room: id }} title={room.value.name} names="ask" suggested={user.name} />
  return (
    <div class="stage on-stage grid min-h-dvh place-items-center p-5">
      <main id="main" tabIndex={-1} class="flex flex-col items-center gap-6 text-center outline-none">
        <Brand href="/" />
        {error.value ? (
          <>
            <h1 class="text-2xl font-bold">{error}</h1>
            <a class="btn btn-stage btn-lg" href="/">
              {t('ui.rooms.back')}
            </a>
          </>
        ) : (
          <h1 class="text-stage-soft text-xl">{t('ui.connecting')}</h1>
        )}
      </main>
    </div>
  )
}
