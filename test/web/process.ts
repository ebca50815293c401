// Ending what a test started.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Ends a process and waits until it is gone. */
export async function end(p: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (p.exitCode !== null || p.signalCode !== null) return
  p.removeAllListeners('exit')
  const gone = once(p, 'exit')
  p.kill(signal)
  await gone
}
