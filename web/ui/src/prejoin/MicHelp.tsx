// What to do when the microphone can't be used, in the words of this browser.
import { ExternalLink, Lock, MicOff, RotateCw } from 'lucide-preact'
import { micState, open, type MicState } from '../audio/mic.ts'
import { t, type Key } from '../i18n.ts'
import { insideApp, whichBrowser, type Browser } from './browser.ts'

const steps: Record<Browser, Key> = {
  ios: 'ui.help.ios',
  safari: 'ui.help.safari',
  firefox: 'ui.help.firefox',
  android: 'ui.help.android',
  chrome: 'ui.help.chrome',
}

const titles: Partial<Record<MicState, Key>> = {
  denied: 'ui.help.denied',
  missing: 'ui.help.missing',
  busy: 'ui.help.busy',
  insecure: 'ui.help.insecure',
  unsupported: 'ui.help.unsupported',
}

function what(state: MicState): string {
  if (state === 'denied') return t(steps[whichBrowser(navigator.userAgent, navigator.maxTouchPoints)])
  if (state === 'missing') return t('ui.help.missing.text')
  if (state === 'busy') return t('ui.help.busy.text')
  if (state === 'insecure') return t('ui.help.insecure.text')
  return t(insideApp(navigator.userAgent) ? 'ui.help.app.text' : 'ui.help.unsupported.text')
}

export function MicHelp() {
  const state = micState.value
  const title = titles[state]
  // Without HTTPS the gateway has put its own words above the page.
  if (!title || document.getElementById('insecure')) return null
  const again = state === 'denied' || state === 'missing' || state === 'busy'
  const Icon = state === 'insecure' ? Lock : state === 'unsupported' ? ExternalLink : MicOff
  return (
    <section class="border-accent bg-accent/15 flex gap-3 rounded-2xl border p-4">
      <Icon class="icon mt-0.5" aria-hidden="true" />
      <div class="flex flex-col gap-1">
        <h2 class="font-bold">{t(title)}</h2>
        <p class="text-sm leading-relaxed">{what(state)}</p>
        {again && (
          <button type="button" class="btn btn-sm btn-neutral mt-2 self-start" onClick={() => void open()}>
            <RotateCw class="size-4" aria-hidden="true" />
            {t('ui.help.again')}
          </button>
        )}
      </div>
    </section>
  )
}
