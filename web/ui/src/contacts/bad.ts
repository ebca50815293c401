// What the gateway says of recipients that it cannot invite, in the reader's words.
import { t, type Key } from '../i18n.ts'

const words: Record<string, Key> = {
  missing: 'ui.recipients.bad.missing',
  email: 'ui.recipients.bad.email',
  long: 'ui.recipients.bad.long',
  phone: 'ui.recipients.bad.phone',
  country: 'ui.recipients.bad.country',
  'no-mail': 'ui.recipients.bad.nomail',
  'no-sms': 'ui.recipients.bad.nosms',
}

export function whyBad({ code, message }: { code: string; message: string }): string {
  const key = words[code]
  return key ? t(key) : message
}
