// Waiting to be let in. The line breathes, the microphone can be tried meanwhile.
import { LogOut } from 'lucide-preact'
import { level, micState } from '../audio/mic.ts'
import { blocked } from '../audio/sink.ts'
import { t } from '../i18n.ts'
import { Brand } from '../parts/Brand.tsx'
import { LiveLine } from '../parts/LiveLine.tsx'
import { useArrival } from '../parts/useArrival.ts'
import { Devices } from '../prejoin/Devices.tsx'
import { MicHelp } from '../prejoin/MicHelp.tsx'
import type { Call } from '../signal/call.ts'

interface Props {
  call: Call
  onLeave(): void
  onHear(): void
}

export function Lobby({ call, onLeave, onHear }: Props) {
  const connecting = call.phase === 'connecting'
  const heading = useArrival<HTMLHeadingElement>(connecting)
  return (
    <div class="stage on-stage flex min-h-dvh flex-col px-5 py-4 lg:px-12 lg:py-8">
      <header>
        <Brand />
      </header>
      <main id="main" tabIndex={-1} class="outline-none mx-auto flex w-full max-w-xl flex-1 flex-col justify-center gap-6 py-6 text-center">
        <div>
          <p class="text-stage-soft">{call.title}</p>
          <h1 ref={heading} tabIndex={-1} class="mt-1 text-3xl outline-none font-bold lg:text-4xl">{t(connecting ? 'ui.connecting' : 'ui.lobby.title')}</h1>
          {!connecting && <p class="text-stage-soft mx-auto mt-3 max-w-md text-lg text-pretty">{t('ui.lobby.text')}</p>}
        </div>
        <LiveLine level={() => (connecting ? 0 : level())} idle={9} class="h-24" />
        {blocked.value && (
          <button type="button" class="btn btn-accent btn-lg" onClick={onHear}>
            {t('ui.banner.hear')}
          </button>
        )}
        {!connecting && (
          <section class="sheet text-base-content p-5 text-left" aria-label={t('ui.lobby.check')}>
            <h2 class="mb-3 font-bold">{t('ui.lobby.check')}</h2>
            <div class="flex flex-col gap-4">
              {micState.value === 'on' && <p class="soft -mt-2 text-sm">{t('ui.lobby.private')}</p>}
              <MicHelp />
              <Devices />
            </div>
          </section>
        )}
        <button type="button" class="btn btn-stage btn-lg self-center" onClick={onLeave}>
          <LogOut class="icon" aria-hidden="true" />
          {t(connecting ? 'ui.cancel' : 'ui.leave')}
        </button>
      </main>
    </div>
  )
}
