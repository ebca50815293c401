// A meeting from the first screen to the last, for guests and hosts alike.
import { effect } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { look, micState, onLost, open, close, sending } from '../audio/mic.ts'
import { play, start } from '../audio/sink.ts'
import { t } from '../i18n.ts'
import { page } from '../page.ts'
import { LiveRegions, Notes, announce, tell } from '../parts/news.tsx'
import { joinMuted } from '../prejoin/MicStage.tsx'
import { Prejoin } from '../prejoin/Prejoin.tsx'
import type { News } from '../signal/call.ts'
import { session as begin, type Session } from '../signal/session.ts'
import type { Target } from '../signal/types.ts'
import { CallView } from './CallView.tsx'
import { Ended } from './Ended.tsx'
import { useLifecycle, useWakeLock } from './lifecycle.ts'
import { Lobby } from './Lobby.tsx'
import { keptPlace, keepPlace } from './place.ts'
import { newsText } from './words.ts'

interface Props {
  target: Target
  title: string
  names: 'ask' | 'guest'
  suggested?: string
  /** Whose the link is: that name goes before the one that this browser remembers. */
  given?: string
  /** It is too early after all; seconds until it opens. */
  onEarly?(wait: number): void
}

const alarming = new Set<News['kind']>(['muted-by-host', 'error'])

function hear(news: News): void {
  const text = newsText(news)
  // A banner shows these two.
  if (news.kind === 'lost' || news.kind === 'asked') announce(text, true)
  else tell(text, alarming.has(news.kind) ? 'warn' : 'plain')
}

/** The microphone as it is now goes into the call, and the place in it is kept. */
function useWiring(session: Session, target: Target): void {
  useEffect(() => {
    onLost((label) => tell(t('ui.news.device', { Device: label })))
    const track = effect(() => session.track(sending.value))
    const place = effect(() => {
      const { phase, resume } = session.call.value
      if (phase === 'lobby' || phase === 'room' || phase === 'ended') keepPlace(target, resume)
    })
    return () => {
      track()
      place()
    }
  }, [session])
}

export function Meeting({ target, title, names, suggested, given, onEarly }: Props) {
  const session = useMemo(() => begin(target, page.lang, hear), [])
  const audio = useRef<HTMLAudioElement>(null)
  const name = useRef('')
  const tries = useRef(0)
  const call = session.call.value
  const inside = call.phase === 'lobby' || call.phase === 'room'
  useWiring(session, target)
  useLifecycle(session)
  useWakeLock(inside)
  useEffect(() => (audio.current ? play(audio.current, session.sound) : undefined), [session])

  const join = (as: string, resume = '') => {
    name.current = as
    session.join(as, { resume, muted: joinMuted.value, track: sending.value })
  }

  // After a reload the place in the call is taken up again, without a question.
  useEffect(() => {
    const kept = keptPlace(target)
    void look().then(async () => {
      if (!kept) return
      if (micState.value === 'idle') await open()
      join(kept.name, kept.resume)
    })
  }, [])
  useEffect(() => {
    if (!inside) return
    tries.current = 0
    keepPlace(target, call.resume, name.current)
  }, [inside, call.resume])
  useEffect(() => {
    if (call.phase === 'ended') close()
    if (call.ended?.cause === 'too-early') onEarly?.(call.ended.wait ?? 0)
  }, [call.phase])
  useEffect(() => {
    document.title = `${call.title || title} · Partyline`
  }, [call.title, title])

  const onHear = () => audio.current && void start(audio.current)
  // The microphone takes its time, and the page tries again by itself while somebody
  // presses the button: one of them is enough.
  const coming = useRef(false)
  const again = async () => {
    if (coming.current) return
    coming.current = true
    try {
      await look()
      if (micState.value === 'idle') await open()
      join(name.current)
    } finally {
      coming.current = false
    }
  }
  return (
    <>
      <LiveRegions />
      <Notes />
      <audio ref={audio} autoplay />
      {call.phase === 'idle' && <Prejoin title={title} names={names} problem={!!call.problem} suggested={suggested} given={given} onJoin={join} />}
      {(call.phase === 'connecting' || call.phase === 'lobby') && (
        <Lobby call={{ ...call, title: call.title || title }} onLeave={session.leave} onHear={onHear} />
      )}
      {call.phase === 'room' && <CallView session={session} room={target.room} onHear={onHear} />}
      {call.phase === 'ended' && <Ended call={{ ...call, title: call.title || title }} tries={tries} onAgain={() => void again()} />}
    </>
  )
}
