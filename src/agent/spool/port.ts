import type { Snapshot } from '../snapshot.js'

/** A snapshot that waits on disk, unsigned: neither the clock window nor a key rotation spoils it. */
export type Waiting = { readonly name: string; readonly snapshot: Snapshot }

/** What is known of a spool without reading it. */
type SpoolFigures = {
  readonly length: number
  /** Space on disk, in whole blocks of 4 KiB. */
  readonly bytes: number
  /** When the oldest waiting snapshot was measured, ms; null when none waits. */
  readonly oldestAt: number | null
  /** Snapshots lost since the spool was opened: dropped at a bound, unreadable, or not writable. */
  readonly dropped: number
}

/**
 * Where snapshots wait while nothing can be reached (issue 3). Never rejects: what it loses it counts
 * and tells. Calls may overlap; they are carried out in the order they were made.
 */
export type Spool = {
  /**
   * Keeps a snapshot durably, dropping the oldest ones where a bound demands it. False when it is
   * lost: the disk refuses, or it is larger or older than anything that may wait.
   */
  readonly put: (snapshot: Snapshot) => Promise<boolean>
  /**
   * The waiting snapshot that was measured first, passing over (and counting) records that are
   * damaged; it waits on until it is removed. Undefined when none waits that can be read now.
   */
  readonly oldest: () => Promise<Waiting | undefined>
  /**
   * Forgets one: delivered, or refused for good. A power cut right after may bring it back, as one
   * between delivery and this call does: what waits is delivered at least once.
   */
  readonly remove: (name: string) => Promise<void>
  /** Forgets all. */
  readonly clear: () => Promise<void>
  readonly figures: () => SpoolFigures
}
