// A host's pages: sign in, then the page of the address.
import { signal, useSignal, type Signal } from '@preact/signals'
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

/** Scripts that come when they are first wanted, and are kept. */
function late<M>(load: () => Promise<M>) {
  const got = signal<M | undefined>(undefined)
  const failure = signal(false)
  const fetch = () => {
    failure.value = false
    load().then(
      (m) => (got.value = m),
      () => (failure.value = true),
    )
  }
  return { got, failure, fetch }
}

const meetings = late(() => import('../meetings/meetings.ts'))
const contacts = late(() => import('../contacts/ContactsPage.tsx'))
const admin = late(() => import('../admin/admin.tsx'))

/** The page of the address; only the rooms are in this script. */
function Pages() {
  const { path, query } = place.value
  const to = parse(path)
  const at = path + query
  if (!to) return <Missing />
  if (to.page === 'rooms') return <RoomsPage key={at} />
  const part = to.page === 'contacts' ? contacts : to.page === 'admin' ? admin : meetings
  if (!part.got.value) return <Waiting key={to.page} failure={part.failure} fetch={part.fetch} />
  if (to.page === 'contacts') return contacts.got.value ? <contacts.got.value.ContactsPage key={at} /> : null
  if (to.page === 'admin') return admin.got.value ? <admin.got.value.Admin key={path} to={to} /> : null
  const m = meetings.got.value
  if (!m) return null
  switch (to.page) {
    case 'meetings':
      return <m.ListPage key={path} />
    case 'new':
      return <m.NewPage key={path} />
    case 'meeting':
      return <m.MeetingPage key={at} id={to.id} />
    case 'edit':
      return <m.EditPage key={at} id={to.id} />
    default:
      return null
  }
}

/** Until the script of a page is there. */
function Waiting({ failure, fetch }: { failure: Signal<boolean>; fetch(): void }) {
  useEffect(fetch, [])
  return (
    <>
      <div class="stage h-52" />
      {failure.value && (
        <main id="main" tabIndex={-1} class="page-narrow -mt-16">
          <div role="alert" class="sheet flex flex-col items-center gap-4 p-6 text-center font-medium">
            {t('ui.problem.network')}
            <button type="button" class="btn btn-primary" onClick={fetch}>
              {t('ui.help.again')}
            </button>
          </div>
        </main>
      )}
    </>
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
