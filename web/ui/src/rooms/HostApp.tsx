// A host's pages: sign in, then the page of the address.
import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { getRoom, type Room } from '../api.ts'
import { Meeting } from '../call/Meeting.tsx'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { Brand } from '../parts/Brand.tsx'
import { LiveRegions, Notes } from '../parts/news.tsx'
import { problemText } from '../parts/problem.ts'
import { HostPage } from './HostPage.tsx'
import { RoomsPage } from './RoomsPage.tsx'
import { follow, parse, place } from './route.ts'
import { failed, owner, signedIn, user } from './session.ts'
import { SignIn } from './SignIn.tsx'

export function HostApp() {
  useEffect(() => {
    document.addEventListener('click', follow)
    return () => document.removeEventListener('click', follow)
  }, [])
  const who = owner.value
  if (page.room && user.value) return <Enter id={page.room} name={user.value.name} />
  return (
    <>
      <LiveRegions />
      <Notes />
      {!user.value && <SignIn onIn={signedIn} />}
      {who && !page.room && (
        <div key={who.id} hidden={!user.value}>
          <Pages />
        </div>
      )}
    </>
  )
}

const meetings = () => import('../meetings/meetings.ts')
const contacts = () => import('../contacts/ContactsPage.tsx').then((m) => m.ContactsPage)

/** The page of the address; each has its own script, but for the rooms. */
function Pages() {
  const { path, query } = place.value
  const to = parse(path)
  const at = path + query
  switch (to?.page) {
    case 'rooms':
      return <RoomsPage key={at} />
    case 'meetings':
      return <Late key={path} from={() => meetings().then((m) => m.ListPage)} with={{}} />
    case 'new':
      return <Late key={path} from={() => meetings().then((m) => m.NewPage)} with={{}} />
    case 'meeting':
      return <Late key={at} from={() => meetings().then((m) => m.MeetingPage)} with={{ id: to.id }} />
    case 'edit':
      return <Late key={at} from={() => meetings().then((m) => m.EditPage)} with={{ id: to.id }} />
    case 'contacts':
      return <Late key={at} from={contacts} with={{}} />
    default:
      return <Missing />
  }
}

/** A page whose script comes when it is wanted. */
function Late<P extends object>({ from, with: props }: { from(): Promise<ComponentType<P>>; with: P }) {
  const Page = useSignal<ComponentType<P> | undefined>(undefined)
  const error = useSignal('')
  useEffect(() => {
    from().then(
      (p) => (Page.value = p),
      () => (error.value = t('ui.problem.network')),
    )
  }, [])
  if (Page.value) return <Page.value {...props} />
  return (
    <HostPage title={document.title.replace(/ · Partyline$/, '')}>
      {error.value && (
        <p role="alert" class="sheet text-error p-5 font-medium">
          {error}
        </p>
      )}
    </HostPage>
  )
}

function Missing() {
  return (
    <HostPage title={t('ui.missing')} narrow>
      <div class="sheet flex flex-col items-center gap-5 p-8 text-center">
        <p>{t('ui.missing.text')}</p>
        <a href="/meetings" class="btn btn-primary">
          {t('ui.missing.meetings')}
        </a>
      </div>
    </HostPage>
  )
}

function Enter({ id, name }: { id: string; name: string }) {
  const room = useSignal<Room | undefined>(undefined)
  const error = useSignal('')
  useEffect(() => {
    getRoom(id).then(
      (r) => {
        room.value = r
        page.ways = r.ways
      },
      (e: unknown) => {
        failed(e)
        error.value = problemText(e)
      },
    )
  }, [id])
  if (room.value) return <Meeting target={{ room: id }} title={room.value.name} names="ask" suggested={name} />
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
