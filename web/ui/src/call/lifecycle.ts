// The page as the browser treats it: closed, sent to the background, put on another network.
import { useEffect } from 'preact/hooks'
import type { Session } from '../signal/session.ts'

/** Tells the gateway that this page is gone; a reload takes its place up again in time. */
function goodbye(session: Session): void {
  const { resume } = session.call.value
  if (resume) navigator.sendBeacon('/api/v1/leave', new Blob([JSON.stringify({ resume })], { type: 'application/json' }))
}

export function useLifecycle(session: Session): void {
  useEffect(() => {
    const renew = () => session.renew()
    const hide = () => goodbye(session)
    const show = (e: PageTransitionEvent) => e.persisted && location.reload()
    const connection = (navigator as { connection?: EventTarget }).connection
    addEventListener('online', renew)
    connection?.addEventListener('change', renew)
    addEventListener('pagehide', hide)
    addEventListener('pageshow', show)
    return () => {
      removeEventListener('online', renew)
      connection?.removeEventListener('change', renew)
      removeEventListener('pagehide', hide)
      removeEventListener('pageshow', show)
    }
  }, [session])
}

/** Keeps the screen on while the call lasts. */
export function useWakeLock(on: boolean): void {
  useEffect(() => {
    if (!on || !('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | undefined
    let done = false
    const take = async () => {
      if (document.visibilityState !== 'visible') return
      try {
        const got = await navigator.wakeLock.request('screen')
        if (done) void got.release()
        else lock = got
      } catch {
        // Low battery, or not allowed: the screen goes dark as it would.
      }
    }
    void take()
    document.addEventListener('visibilitychange', take)
    return () => {
      done = true
      document.removeEventListener('visibilitychange', take)
      void lock?.release()
    }
  }, [on])
}

/** Buttons of headsets, lock screens and picture-in-picture windows. */
export function useHeadset(session: Session, title: string, muted: boolean): void {
  useEffect(() => {
    const media = navigator.mediaSession as (MediaSession & { setMicrophoneActive?(on: boolean): void }) | undefined
    if (!media) return
    media.metadata = new MediaMetadata({ title, artist: 'Partyline' })
    media.setMicrophoneActive?.(!muted)
    const set = (action: string, handler: (() => void) | null) => {
      try {
        media.setActionHandler(action as MediaSessionAction, handler)
      } catch {
        // This browser doesn't have that button.
      }
    }
    set('togglemicrophone', () => session.mute(!session.call.value.muted))
    set('hangup', () => session.leave())
    return () => {
      set('togglemicrophone', null)
      set('hangup', null)
    }
  }, [session, title, muted])
}
