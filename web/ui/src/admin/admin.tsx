// The admin pages, in a script of their own: only admins load it.
import { t } from '../i18n.ts'
import { HostPage } from '../rooms/HostPage.tsx'
import type { AdminRoute } from '../rooms/route.ts'
import { user } from '../rooms/session.ts'
import { CallPage } from './CallPage.tsx'
import { Calls } from './Calls.tsx'
import { Changes } from './Changes.tsx'
import { Configuration } from './Configuration.tsx'
import { Failures } from './Failures.tsx'
import { Overview } from './Overview.tsx'
import { Rooms } from './Rooms.tsx'
import { Trunks } from './Trunks.tsx'

export function Admin({ to }: { to: AdminRoute }) {
  if (user.value && !user.value.admin) return <NotForYou />
  switch (to.sub) {
    case 'overview':
      return <Overview />
    case 'trunks':
      return <Trunks />
    case 'calls':
      return <Calls />
    case 'call':
      return <CallPage id={to.id ?? ''} />
    case 'rooms':
      return <Rooms />
    case 'failures':
      return <Failures />
    case 'configuration':
      return <Configuration />
    case 'changes':
      return <Changes />
  }
}

function NotForYou() {
  return (
    <HostPage title={t('ui.admin')} narrow>
      <div class="sheet flex flex-col items-center gap-5 p-8 text-center">
        <p>{t('ui.admin.notforyou')}</p>
        <a href="/" class="btn btn-primary">
          {t('ui.rooms.back')}
        </a>
      </div>
    </HostPage>
  )
}
