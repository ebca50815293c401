// Whether we are muted. The gateway's state is the truth: a press of the button shows at
// once ("wish") and stands until the gateway has confirmed it. A host can mute us; to
// unmute is ours alone, so a host's "unmuted" is put to the person as a question.
import { send, tell, type Call, type Step } from './call.ts'
import type { Person } from './types.ts'

/** A press of the button. */
export function mute(call: Call, on: boolean): Step {
  if (call.muted === on && call.wish === undefined) return [{ ...call, asked: false }, []]
  return [{ ...call, muted: on, wish: on, asked: false }, [send({ type: 'mute', on }), { do: 'settle' }]]
}

/** The gateway had its moment: from here its word counts again. */
export function settled(call: Call): Step {
  const own = call.people.get(call.you)
  const after: Call = { ...call, wish: undefined, keyed: false }
  if (!own || own.muted === call.muted) return [after, []]
  if (own.muted) return [{ ...after, muted: true }, []]
  return [after, [send({ type: 'mute', on: true })]]
}

/** What the roster says of us. */
export function ownMute(call: Call, own: Person): Step {
  if (call.wish !== undefined) return [own.muted === call.wish ? { ...call, wish: undefined } : call, []]
  if (own.muted === call.muted) return [call, []]
  if (own.muted || call.keyed) return [{ ...call, muted: own.muted }, []]
  // Muted before we came in, or while the line was down: the gateway is to know.
  if (!call.counted) return mute({ ...call, muted: false }, true)
  return ask(call)
}

/** A host wants to hear us: stay silent, tell the gateway so, and ask. */
export function ask(call: Call): Step {
  if (!call.muted || call.asked) return [call, []]
  const [after, effects] = mute({ ...call, muted: false }, true)
  return [{ ...after, asked: true }, [...effects, tell({ kind: 'asked' })]]
}

/** A host has muted us. */
export function mutedByHost(call: Call): Step {
  return [{ ...call, muted: true, wish: undefined, asked: false }, call.muted ? [] : [tell({ kind: 'muted-by-host' })]]
}
