import type { Snapshot } from '../snapshot.js'

/** A snapshot that waits on disk, unsigned: neither the clock window nor a key rotation spoils it. */
export type Waiting = { readonly name: string; readonly snapshot: Snapshot }

/** What is known of a spool without reading it. */
export type SpoolFigures = {
  readonly length: number
  readonly bytes: number
  /** When the oldest waiting snapshot was measured, ms; null when none waits. */
  readonly oldestAt: number | null
  /** Snapshots lost since the daemon started: dropped at a bound, unreadable, or not writable. */
  readonly dropped: number
}

/** Where snapshots wait while nothing can be reached (issue 3). Never rejects: what it loses it counts and tells. */
export type Spool = {
  /** Keeps a snapshot durably, dropping the oldest ones where a bound demands it; false when the disk refuses. */
  readonly put: (snapshot: Snapshot) => Promise<boolean>
  /** The oldest waiting snapshot, passing over (and counting) records that are damaged. */
  readonly oldest: () => Promise<Waiting | undefined>
  /** Forgets one: delivered, or refused for good. */
  readonly remove: (name: string) => Promise<void>
  /** Forgets all. */
  readonly clear: () => Promise<void>
  readonly figures: () => SpoolFigures
}
