// Which words help this person: how to let a page use the microphone differs by browser.
export type Browser = 'ios' | 'safari' | 'firefox' | 'android' | 'chrome'

export function whichBrowser(agent: string, touchPoints = 0): Browser {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return 'ios'
  if (/Firefox|FxiOS/.test(agent)) return 'firefox'
  if (/Android/.test(agent)) return 'android'
  if (/Chrom(e|ium)|Edg/.test(agent)) return 'chrome'
  if (/Safari/.test(agent)) return 'safari'
  return 'chrome'
}

/** Apps that show pages themselves and often have no microphone. */
export function insideApp(agent: string): boolean {
  return /FBAN|FBAV|Instagram|LinkedInApp|Line\/|MicroMessenger|GSA\/|; wv\)/.test(agent)
}

const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A name as the gateway takes it: trimmed, without control and bidi characters. */
export function cleanName(name: string): string {
  return name.replace(/\p{Cc}/gu, ' ').replace(bidi, '').replace(/\s+/g, ' ').trim()
}

export const nameLimit = 64
export const nameFits = (name: string): boolean => name.length > 0 && [...name].length <= nameLimit
