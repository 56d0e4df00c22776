import type { Snapshot } from '../../src/agent/snapshot.js'
import type { Spool } from '../../src/agent/spool/port.js'

/** A spool in memory, of at most `most` snapshots. */
export type MemorySpool = Spool & {
  readonly waiting: () => readonly Snapshot[]
  readonly removed: () => readonly Snapshot[]
}

export function createMemorySpool(most = Number.POSITIVE_INFINITY): MemorySpool {
  let places: { readonly name: string; readonly snapshot: Snapshot }[] = []
  const removed: Snapshot[] = []
  let dropped = 0
  let number = 0
  return {
    waiting: () => places.map(({ snapshot }) => snapshot),
    removed: () => removed,
    put: async (snapshot) => {
      places.push({ name: String(++number), snapshot })
      places.sort((a, b) => a.snapshot.collectedAt - b.snapshot.collectedAt)
      for (; places.length > most; places.shift()) dropped++
      return true
    },
    oldest: async () => places[0],
    remove: async (name) => {
      removed.push(...places.filter((place) => place.name === name).map(({ snapshot }) => snapshot))
      places = places.filter((place) => place.name !== name)
    },
    clear: async () => {
      places = []
    },
    figures: () => ({
      length: places.length,
      bytes: 4096 * places.length,
      oldestAt: places[0]?.snapshot.collectedAt ?? null,
      dropped,
    }),
  }
}
