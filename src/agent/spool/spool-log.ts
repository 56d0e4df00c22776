import { reasonOf } from '../../core/error.js'
import type { Log } from '../../core/log.js'

/** Why snapshots that wait, or should, are dropped. */
export type Bound = 'space' | 'age' | 'disk'

const DROPPED: Readonly<Record<Bound, string>> = {
  space: 'the spool is full: the oldest snapshots that wait are dropped',
  age: 'snapshots waited for too long and are dropped',
  disk: 'the disk is full: the oldest snapshots that wait are dropped',
}

type Damage = { readonly file: string; readonly reason: string }

/** Names of foreign files that one line shows. */
const SHOWN_NAMES = 5

/** Tells how a spool fares: once when that changes, not once per snapshot. */
export type SpoolLog = {
  readonly dropped: (bound: Bound) => void
  /** Nothing waits any more: what is dropped from here on is news again. */
  readonly emptied: () => void
  readonly damaged: (found: readonly Damage[]) => void
  readonly foreign: (names: readonly string[]) => void
  readonly unreadable: (thrown: unknown) => void
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
    damaged: (found) => {
      if (found.length > 0)
        log.warn(
          { directory, count: found.length, ...found[0] },
          'snapshots that waited are damaged and lost',
        )
    },
    foreign: (names) => {
      if (names.length > 0)
        log.warn(
          { directory, count: names.length, files: names.slice(0, SHOWN_NAMES) },
          'files in the spool are not its own; they are left alone',
        )
    },
    unreadable: (thrown) =>
      log.error(
        { directory, reason: reasonOf(thrown) },
        'the spool cannot be opened; what waits in it waits for the next start',
      ),
    unwritable: (thrown) => {
      const kind = codeOf(thrown)
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

/** What kind of failure it is; its reason may name a temporary file, which is another one each time. */
function codeOf(thrown: unknown): string {
  const { cause = thrown } = thrown instanceof Error ? thrown : {}
  return cause instanceof Error && 'code' in cause ? String(cause.code) : reasonOf(cause)
}
