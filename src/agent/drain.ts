import type { Clock } from '../core/clock.js'
import type { Fate } from './send.js'
import type { Snapshot } from './snapshot.js'
import type { Spool } from './spool/port.js'

/** Two waiting snapshots a second: 24 h of them are sent in 24 minutes, and 1,000 agents make 2,000 reports a second. */
const PAUSE_MS = 500

export type DrainPorts = {
  readonly spool: Spool
  readonly send: (snapshot: Snapshot) => Promise<Fate>
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Sends what waits on disk, oldest first and at a rate that does not flood a manager, until nothing
 * waits, one cannot be delivered, or the moment `untilMs` when a live report is due.
 */
export async function drainSpool(
  { spool, send, clock, random }: DrainPorts,
  untilMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && clock.now() < untilMs) {
    const waiting = await spool.oldest()
    if (!waiting || (await send(waiting.snapshot)) === 'waits') return
    await spool.remove(waiting.name)
    await clock.sleep(PAUSE_MS * (0.5 + random()), signal)
  }
}
