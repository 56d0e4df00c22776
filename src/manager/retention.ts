import type { Clock } from '../core/clock.js'
import { reasonOf } from '../core/error.js'
import type { Log } from '../core/log.js'
import type { Store } from './store/port.js'

/** Reports deleted in one transaction: a few ms, so that ingest never waits for it. */
const SLICE = 200
const PAUSE_BETWEEN_SLICES_MS = 20
const PAUSE_WHEN_DONE_MS = 60_000

export type RetentionConfig = { readonly keepMs: number; readonly maxBytes: number }

/** Keeps raw reports for as long as configured and the database within its bound, until `signal` aborts. */
export async function keepRetention(
  store: Store,
  clock: Clock,
  log: Log,
  { keepMs, maxBytes }: RetentionConfig,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let pruned = 0
    try {
      pruned = await store.prune(clock.now() - keepMs, maxBytes, SLICE)
    } catch (thrown) {
      log.warn({ reason: reasonOf(thrown) }, 'old reports could not be pruned; it is tried again in a minute')
    }
    await clock.sleep(pruned > 0 ? PAUSE_BETWEEN_SLICES_MS : PAUSE_WHEN_DONE_MS, signal)
  }
}
