import { t } from '../i18n.ts'

export function Brand({ href }: { href?: string }) {
  const inside = (
    <>
      <img src="/assets/favicon.svg" alt="" width="32" height="32" class="brand-mark" />
      <span>Partyline</span>
    </>
  )
  return href ? (
    <a href={href} class="brand" aria-label={t('ui.brand.home')}>
      {inside}
    </a>
  ) : (
    <span class="brand">{inside}</span>
  )
}
