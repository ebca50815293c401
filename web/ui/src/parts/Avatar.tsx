// A round with somebody's initials; the colour follows from the id, so that it stays.
import { Phone, Projector } from 'lucide-preact'
import type { Kind } from '../signal/types.ts'

const tints = [
  'bg-[#cfe9df] text-[#0c4a3c]',
  'bg-[#fbe3bd] text-[#5c3a00]',
  'bg-[#f7d3cb] text-[#6d1d12]',
  'bg-[#d3e2f8] text-[#133d70]',
  'bg-[#e6daf6] text-[#452270]',
  'bg-[#dfeac6] text-[#374a06]',
  'bg-[#f6d5e4] text-[#6b1a44]',
  'bg-[#cde8ee] text-[#0b4653]',
]

export function tint(id: string): string {
  let sum = 0
  for (const c of id) sum = (sum * 31 + c.charCodeAt(0)) >>> 0
  return tints[sum % tints.length] ?? ''
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const first = [...(words[0] ?? '')][0] ?? ''
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : ''
  return (first + last).toLocaleUpperCase()
}

const sizes = { sm: 'size-10 text-sm', md: 'size-12 text-base', lg: 'size-20 text-2xl' }

interface Props {
  id: string
  name: string
  kind: Kind
  talking?: boolean
  size?: keyof typeof sizes
}

export function Avatar({ id, name, kind, talking, size = 'md' }: Props) {
  const icon = size === 'lg' ? 'size-8' : 'size-5'
  const ring = talking ? 'ring-3 ring-offset-2 ring-primary ring-offset-base-100' : ''
  const letters = /\p{L}/u.test(name) ? initials(name) : ''
  return (
    <span aria-hidden="true" class={`grid shrink-0 place-items-center rounded-full font-bold transition-shadow ${sizes[size]} ${tint(id)} ${ring}`}>
      {kind === 'phone' ? <Phone class={icon} /> : kind === 'room-system' ? <Projector class={icon} /> : letters}
    </span>
  )
}
