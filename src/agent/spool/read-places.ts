import { lstatSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isTemporaryName } from '../../core/node/private-files.js'
import { type Place, spaceOf } from './line.js'
import { parseRecordName } from './name.js'
import { MAX_RECORD_BYTES } from './record.js'

/** What a spool's directory holds, by name and size alone. */
export type Found = {
  readonly places: readonly Place[]
  /** The highest sequence number in use; -1 when none is. */
  readonly sequence: number
  /** Names of files that a crash left behind. */
  readonly leftovers: readonly string[]
  /** Names of records that are larger than any record can be. */
  readonly oversized: readonly string[]
  /** Names of what is not the spool's. */
  readonly foreign: readonly string[]
}

/** What a new directory holds. */
export const NOTHING_FOUND: Found = { places: [], sequence: -1, leftovers: [], oversized: [], foreign: [] }

/** Reads a spool's directory. */
export async function readPlaces(directory: string): Promise<Found> {
  const places: Place[] = []
  const leftovers: string[] = []
  const oversized: string[] = []
  const foreign: string[] = []
  let sequence = -1
  for (const name of await readdir(directory)) {
    const parsed = parseRecordName(name)
    const size = parsed && sizeOfFile(join(directory, name))
    if (isTemporaryName(name)) leftovers.push(name)
    else if (!parsed || size === undefined) foreign.push(name)
    else {
      sequence = Math.max(sequence, parsed.sequence)
      if (size > MAX_RECORD_BYTES) oversized.push(name)
      else places.push({ name, collectedAt: parsed.collectedAt, bytes: spaceOf(size) })
    }
  }
  return { places, sequence, leftovers, oversized, foreign }
}

/** Undefined for what is no regular file. Not by a promise: a day of records would take ten times as long. */
function sizeOfFile(path: string): number | undefined {
  try {
    const stat = lstatSync(path)
    return stat.isFile() ? stat.size : undefined
  } catch {
    return undefined
  }
}
