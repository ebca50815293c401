// Who is there: the roster, its deltas, and what of a change is worth telling.
import type { Person } from './types.ts'

export type Roster = ReadonlyMap<string, Person>

export const nobody: Roster = new Map()

export function whole(people: Person[]): Roster {
  return new Map(people.map((p) => [p.id, p]))
}

export function changed(before: Roster, set: Person[] = [], gone: string[] = []): Roster {
  const after = new Map(before)
  for (const id of gone) after.delete(id)
  for (const p of set) after.set(p.id, p)
  return after
}

export const inLobby = (p: Person): boolean => p.state === 'lobby'

export function inRoom(people: Roster): Person[] {
  return [...people.values()].filter((p) => !inLobby(p))
}

export function waiting(people: Roster): Person[] {
  return [...people.values()].filter(inLobby)
}

/** What a change of the roster means to others in the room; never about oneself. */
export interface Difference {
  joined: Person[]
  left: Person[]
  waiting: Person[]
  hands: Person[]
}

export function difference(before: Roster, after: Roster, you: string): Difference {
  const d: Difference = { joined: [], left: [], waiting: [], hands: [] }
  for (const [id, p] of after) {
    if (id === you) continue
    const was = before.get(id)
    if (inLobby(p)) {
      if (!was) d.waiting.push(p)
      continue
    }
    if (!was || inLobby(was)) d.joined.push(p)
    if (p.hand && !was?.hand) d.hands.push(p)
  }
  for (const [id, p] of before) {
    if (id !== you && !after.has(id) && !inLobby(p)) d.left.push(p)
  }
  return d
}
