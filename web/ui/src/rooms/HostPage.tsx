// The frame of a host's pages: who and where one is, the way to the other pages, the
// heading that takes the focus when a page is gone to.
import { BookUser, CalendarDays, LogOut, ServerCog, Users } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { Brand } from '../parts/Brand.tsx'
import { LanguageChoice, ThemeButton } from '../parts/Look.tsx'
import { leave, owner } from './session.ts'
import { place } from './route.ts'

interface Props {
  title: string
  /** Above the heading; the host's name if left out. */
  lead?: ComponentChildren
  /** Beside the heading: what one comes here to do. */
  action?: ComponentChildren
  /** Forms and texts are read in a narrower column. */
  narrow?: boolean
  children: ComponentChildren
}

export function HostPage({ title, lead, action, narrow, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (place.value.steps > 0) heading.current?.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    document.title = `${title} · Partyline`
  }, [title])
  const width = narrow ? 'max-w-3xl' : 'max-w-5xl'
  const who = owner.value
  return (
    <>
      <header class="stage on-stage px-5 pt-4 pb-20 lg:px-12">
        <div class="mx-auto flex max-w-5xl flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <Brand href="/" />
          <Nav />
          <div class="flex gap-1">
            <LanguageChoice class="btn-stage" />
            <ThemeButton class="btn-stage" />
            <button type="button" class="btn btn-stage btn-square" onClick={() => void leave()} aria-label={t('ui.signout')} title={t('ui.signout')}>
              <LogOut class="icon" aria-hidden="true" />
            </button>
          </div>
        </div>
        <div class={`mx-auto mt-6 flex flex-wrap items-end justify-between gap-4 lg:mt-8 ${width}`}>
          <div class="min-w-0">
            <div class="text-stage-soft">{lead ?? (who?.name || who?.email)}</div>
            <h1 ref={heading} tabIndex={-1} class="text-3xl font-bold wrap-anywhere outline-none lg:text-4xl">
              {title}
            </h1>
          </div>
          {action}
        </div>
      </header>
      <main id="main" tabIndex={-1} class="-mt-12 px-5 pb-12 outline-none lg:px-12">
        <div class={`mx-auto ${width}`}>{children}</div>
      </main>
    </>
  )
}

function Nav() {
  const path = place.value.path
  const links = [
    { href: '/', label: t('ui.nav.rooms'), Icon: Users, on: path === '/' },
    { href: '/meetings', label: t('ui.nav.meetings'), Icon: CalendarDays, on: path.startsWith('/meetings') },
    { href: '/contacts', label: t('ui.nav.contacts'), Icon: BookUser, on: path.startsWith('/contacts') },
  ]
  const admin = path.startsWith('/admin')
  return (
    <nav aria-label={t('ui.nav')} class="order-last w-full md:order-none md:mr-auto md:w-auto">
      <ul class="flex gap-1">
        {links.map(({ href, label, Icon, on }) => (
          <li key={href} class="flex-1 md:flex-none">
            <a href={href} aria-current={on ? 'page' : undefined} class={`btn w-full gap-1.5 px-2 md:px-4 ${on ? 'btn-wire' : 'btn-stage'}`}>
              <Icon class={`icon hidden ${owner.value?.admin ? 'min-[27rem]:block' : 'min-[23rem]:block'}`} aria-hidden="true" />
              {label}
            </a>
          </li>
        ))}
        {owner.value?.admin && (
          <li class="shrink-0">
            <a href="/admin" aria-current={admin ? 'page' : undefined} title={t('ui.nav.admin')} class={`btn gap-1.5 px-3 md:px-4 ${admin ? 'btn-wire' : 'btn-stage'}`}>
              <ServerCog class="icon" aria-hidden="true" />
              <span class="sr-only md:not-sr-only">{t('ui.nav.admin')}</span>
            </a>
          </li>
        )}
      </ul>
    </nav>
  )
}
