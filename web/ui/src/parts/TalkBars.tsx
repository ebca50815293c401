/** Three bars that move while somebody talks. */
export function TalkBars({ class: more = 'bg-primary' }: { class?: string }) {
  return (
    <span class="flex h-4 items-center gap-[3px]" aria-hidden="true">
      <i class={`animate-bar h-full w-[3px] origin-center rounded-full ${more}`} />
      <i class={`animate-bar h-full w-[3px] origin-center rounded-full [animation-delay:-600ms] ${more}`} />
      <i class={`animate-bar h-full w-[3px] origin-center rounded-full [animation-delay:-300ms] ${more}`} />
    </span>
  )
}
