// All about one meeting, in four parts.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { t } from '../i18n.ts'
import { Invitees } from './Invitees.tsx'
import { InviteWays } from './InviteWays.tsx'
import type { View } from './MeetingPage.tsx'
import { Schedule } from './Schedule.tsx'
import { WaysIn } from './WaysIn.tsx'
import { isOver } from './words.ts'

export function Details(view: View) {
  const { meeting: m, onSend } = view
  const over = isOver(m.state)
  return (
    <div class="grid items-start gap-4 lg:grid-cols-[1fr_23rem]">
      <div class="flex min-w-0 flex-col gap-4">
        <Schedule {...view} />
        <Invitees {...view} />
        {!over && (
          <Part title={t('ui.meetings.invite')}>
            <InviteWays meeting={m} onSend={onSend} />
          </Part>
        )}
      </div>
      {!over && <WaysIn {...view} />}
    </div>
  )
}

export function Part({ title, beside, children }: { title: string; beside?: ComponentChildren; children: ComponentChildren }) {
  const id = useId()
  return (
    <section class="sheet p-5 sm:p-6" aria-labelledby={id}>
      <div class="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 id={id} class="text-xl font-bold">
          {title}
        </h2>
        {beside}
      </div>
      {children}
    </section>
  )
}
