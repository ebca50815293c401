// How long to wait before the next try. The first comes at once and the next ones soon,
// because most losses are a change of network; then slower, and never in step with others.
const steps = [0, 200, 400, 800, 1500, 3000, 5000]

/** After this long without the gateway its resume token is worth nothing any more. */
export const giveUpAfter = 60_000

export function delay(tries: number, random: () => number = Math.random): number {
  const base = steps[Math.min(tries, steps.length - 1)] ?? 0
  return Math.round(base * (0.75 + random() / 2))
}
