// The frame of the admin pages: the way between them, and what went wrong.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { t, type Key } from '../i18n.ts'
import { HostPage } from '../rooms/HostPage.tsx'
import { place } from '../rooms/route.ts'

const pages: { href: string; label: Key }[] = [
  { href: '/admin', label: 'ui.admin.overview' },
  { href: '/admin/trunks', label: 'ui.admin.trunks' },
  { href: '/admin/calls', label: 'ui.admin.calls' },
  { href: '/admin/rooms', label: 'ui.admin.rooms' },
  { href: '/admin/failures', label: 'ui.admin.failures' },
  { href: '/admin/configuration', label: 'ui.admin.configuration' },
  { href: '/admin/changes', label: 'ui.admin.changes' },
]

interface Props {
  title: string
  action?: ComponentChildren
  error?: string
  children: ComponentChildren
}

export function AdminPage({ title, action, error, children }: Props) {
  return (
    <HostPage title={title} lead={t('ui.admin')} action={action}>
      <Tabs />
      {error && (
        <p role="alert" class="sheet text-error mt-4 p-5 font-medium">
          {error}
        </p>
      )}
      <div class="mt-4 flex flex-col gap-4">{children}</div>
    </HostPage>
  )
}

function Tabs() {
  const path = place.value.path.replace(/\/$/, '')
  const current = useRef<HTMLAnchorElement>(null)
  // On a phone the row is wider than the screen.
  useEffect(() => {
    const a = current.current
    const row = a?.closest('ul')
    if (a && row) row.scrollLeft = a.offsetLeft - (row.clientWidth - a.offsetWidth) / 2
  }, [])
  const on = (href: string) => path === href || (href !== '/admin' && path.startsWith(`${href}/`))
  return (
    <nav aria-label={t('ui.admin.nav')} class="sheet">
      <ul class="relative flex gap-1 overflow-x-auto p-2">
        {pages.map(({ href, label }) => (
          <li key={href} class="shrink-0">
            <a ref={on(href) ? current : undefined} href={href} class={`btn px-3 text-sm ${on(href) ? 'btn-primary' : 'btn-ghost'}`} aria-current={on(href) ? 'page' : undefined}>
              {t(label)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
