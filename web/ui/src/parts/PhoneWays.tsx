// The other ways into the room: by phone with one tap, by hand, by a code for the phone.
import { Phone } from 'lucide-preact'
import { languageName, t } from '../i18n.ts'
import { page } from '../page.ts'
import type { Ways } from '../signal/types.ts'
import { Copy } from './Copy.tsx'

/** Long numbers in groups of three, as one reads them out. */
export function grouped(digits: string): string {
  return digits.length > 6 ? digits.replace(/(\d{3})(?=\d)/g, '$1\u2009') : digits
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="flex items-center justify-between gap-3 py-1.5">
      <dt class="soft text-sm">{name}</dt>
      <dd class="figures flex items-center gap-1 text-lg font-bold whitespace-nowrap">
        {grouped(value)}
        <Copy what={name} text={value} class="btn-ghost btn-square btn-sm" />
      </dd>
    </div>
  )
}

export function PhoneWays({ ways, code }: { ways: Ways; code?: string }) {
  const numbers = ways.numbers ?? []
  return (
    <div class="flex flex-col gap-3">
      <div class="flex items-start gap-5">
        <ul class="flex min-w-0 flex-1 flex-col gap-2">
          {numbers.map((n) => (
            <li key={n.number}>
              <a href={n.tel} class="btn btn-soft btn-primary h-auto w-full justify-start gap-3 py-2.5 text-left">
                <Phone class="icon" aria-hidden="true" />
                <span class="flex min-w-0 flex-col">
                  <span class="figures text-base">{n.display}</span>
                  <span class="truncate text-xs font-medium">
                    {[n.label, n.language && languageName(n.language, page.lang)].filter(Boolean).join(' · ')}
                  </span>
                </span>
              </a>
            </li>
          ))}
        </ul>
        {code && (
          <figure class="hidden w-32 shrink-0 flex-col items-center gap-2 sm:flex">
            <img src={code} alt={t('ui.ways.qr.alt')} width="128" height="128" class="rounded-xl bg-white p-1" />
            <figcaption class="soft text-center text-xs">{t('ui.ways.qr')}</figcaption>
          </figure>
        )}
      </div>
      <dl class="rows">
        {ways.extension && <Figure name={t('ui.ways.extension')} value={ways.extension} />}
        {ways.pin && <Figure name={t('ui.ways.pin')} value={ways.pin} />}
      </dl>
      <p class="soft text-sm">{t('ui.ways.how')}</p>
    </div>
  )
}
