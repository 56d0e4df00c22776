import { reasonOf } from '../../core/error.js'
import type { Log } from '../../core/log.js'

/** Why snapshots that waited are dropped. */
export type Bound = 'space' | 'age' | 'disk'

const DROPPED: Readonly<Record<Bound, string>> = {
  space: 'the spool is full: the oldest snapshots that wait are dropped',
  age: 'snapshots waited for too long and are dropped',
  disk: 'the disk is full: the oldest snapshots that wait are dropped',
}

/** Tells how a spool fares: once when that changes, not once per snapshot. */
export type SpoolLog = {
  readonly dropped: (bound: Bound) => void
  /** Nothing waits any more: what is dropped from here on is news again. */
  readonly emptied: () => void
  readonly unwritable: (thrown: unknown) => void
  readonly written: () => void
}

/** Makes the teller of one spool. */
export function createSpoolLog(log: Log, directory: string): SpoolLog {
  const toldBounds = new Set<Bound>()
  let trouble: string | undefined
  return {
    dropped: (bound) => {
      if (toldBounds.has(bound)) return
      toldBounds.add(bound)
      log.warn({ directory }, DROPPED[bound])
    },
    emptied: () => toldBounds.clear(),
    unwritable: (thrown) => {
      // By its code: the reason names a temporary file, which is another one each time.
      const kind = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : reasonOf(thrown)
      if (trouble === kind) return
      trouble = kind
      log.error({ directory, reason: reasonOf(thrown) }, 'snapshots cannot be kept on disk and are lost')
    },
    written: () => {
      if (trouble !== undefined) log.info({ directory }, 'snapshots are kept on disk again')
      trouble = undefined
    },
  }
}
