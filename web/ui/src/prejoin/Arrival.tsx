// A guest's page from its opening: the wait for a meeting that is early, then the meeting.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Meeting } from '../call/Meeting.tsx'
import { keptPlace } from '../call/place.ts'
import { t } from '../i18n.ts'
import { page, type Link } from '../page.ts'
import { announce } from '../parts/news.tsx'
import { Early } from './Early.tsx'

export function Arrival({ first }: { first: Link }) {
  const link = useSignal(first)
  // A host who has opened it early is in the call: a reload goes back there.
  const early = useSignal(first.state === 'early' && !keptPlace({ link: first.token }))
  const opened = useSignal(false)
  useEffect(() => {
    if (opened.value) announce(t('ui.early.open'))
  }, [opened.value])

  const open = (now: Link) => {
    link.value = now
    early.value = false
    opened.value = true
  }
  const wait = (seconds: number) => {
    // The gateway knows better; who is no host has tried to come in as one.
    if (!link.value.opens_at) link.value = { ...link.value, opens_at: new Date(Date.now() + seconds * 1000).toISOString() }
    early.value = true
  }
  const { token, title, names, name } = link.value
  if (early.value) return <Early first={{ ...link.value, state: 'early' }} onOpen={open} onHost={() => (early.value = false)} />
  return <Meeting target={{ link: token }} title={title || t('ui.meeting')} names={names} suggested={page.user?.name} given={name} onEarly={wait} />
}
