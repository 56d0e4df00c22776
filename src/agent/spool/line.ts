/** A record as it is known without reading it. */
export type Place = {
  readonly name: string
  /** When its snapshot was measured, ms. */
  readonly collectedAt: number
  /** What it takes on disk. */
  readonly bytes: number
}

/** The records that wait, in the order of their names. */
export type Line = {
  readonly first: () => Place | undefined
  readonly add: (place: Place) => void
  /** Takes one out; undefined when it is not in the line. */
  readonly take: (name: string) => Place | undefined
  readonly length: () => number
  readonly bytes: () => number
}

const BLOCK_BYTES = 4096

/** What a file of this size takes on disk: small records cost a block each, and a bound on disk means that. */
export function spaceOf(size: number): number {
  return Math.max(1, Math.ceil(size / BLOCK_BYTES)) * BLOCK_BYTES
}

/** Makes a line of places in any order. */
export function createLine(places: readonly Place[]): Line {
  const line = places.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  let bytes = line.reduce((sum, place) => sum + place.bytes, 0)
  return {
    first: () => line[0],
    add: (place) => {
      // From the end: only after the clock was set back it belongs elsewhere.
      const before = line.findLastIndex(({ name }) => name < place.name)
      line.splice(before + 1, 0, place)
      bytes += place.bytes
    },
    take: (name) => {
      const at = line.findIndex((place) => place.name === name)
      if (at < 0) return undefined
      const [place] = line.splice(at, 1)
      bytes -= place?.bytes ?? 0
      return place
    },
    length: () => line.length,
    bytes: () => bytes,
  }
}
