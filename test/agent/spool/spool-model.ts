import { MAX_RECORD_BYTES } from '../../../src/agent/spool/record.js'
import type { SpoolBounds } from '../../../src/agent/spool/spool.js'

export const BLOCK = 4096

export const blocksOf = (size: number) => Math.max(1, Math.ceil(size / BLOCK))

/** What is known of a file that ought to wait, and what became of it. */
type Kept = {
  readonly name: string
  readonly hostname: string
  readonly collectedAt: number
  readonly blocks: number
  readonly isDamaged: boolean
}

/** A spool as a list that is sorted and added up anew each time. */
export function createSpoolModel({ maxBytes, maxAgeMs }: SpoolBounds) {
  let kept: Kept[] = []
  let dropped = 0
  const bytes = () => kept.reduce((sum, { blocks }) => sum + blocks * BLOCK, 0)
  const lose = (isLost: (one: Kept) => boolean) => {
    dropped += kept.filter(isLost).length
    kept = kept.filter((one) => !isLost(one))
  }
  const loseAged = (now: number) => lose(({ collectedAt }) => collectedAt < now - maxAgeMs)
  const shrink = (more: number) => {
    while (bytes() + more > maxBytes) lose((one) => one === kept[0])
  }
  return {
    kept: () => kept,
    figures: () => ({
      length: kept.length,
      bytes: bytes(),
      oldestAt: kept[0]?.collectedAt ?? null,
      dropped,
    }),
    put: (now: number, collectedAt: number, blocks: number): boolean => {
      loseAged(now)
      const mayWait = collectedAt >= now - maxAgeMs && blocks * BLOCK <= maxBytes
      if (mayWait) shrink(blocks * BLOCK)
      else dropped++
      return mayWait
    },
    add: (one: Kept) => {
      kept = [...kept, one].toSorted((a, b) => a.collectedAt - b.collectedAt)
    },
    oldest: (now: number): string | undefined => {
      loseAged(now)
      const sound = kept.findIndex(({ isDamaged }) => !isDamaged)
      const damaged = sound < 0 ? [...kept] : kept.slice(0, sound)
      lose((one) => damaged.includes(one))
      return kept[0]?.hostname
    },
    remove: (name: string) => {
      kept = kept.filter((one) => one.name !== name)
    },
    clear: () => {
      kept = []
    },
    damage: (name: string) => {
      kept = kept.map((one) => (one.name === name ? { ...one, isDamaged: true } : one))
    },
    /** `sizes` are those on disk now; a file that is not there is not known any more. */
    reopen: (now: number, sizes: ReadonlyMap<string, number>) => {
      dropped = 0
      kept = kept.filter(({ name }) => sizes.has(name))
      lose(({ name }) => (sizes.get(name) ?? 0) > MAX_RECORD_BYTES)
      kept = kept.map((one) => ({ ...one, blocks: blocksOf(sizes.get(one.name) ?? 0) }))
      loseAged(now)
      shrink(0)
    },
  }
}
