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
  /** Names of records that are larger than any record is. */
  readonly oversized: readonly string[]
  /** Names of what is not the spool's. */
  readonly foreign: readonly string[]
}

/** Reads a spool's directory. */
export async function readPlaces(directory: string): Promise<Found> {
  const found = {
    places: [] as Place[],
    sequence: -1,
    leftovers: [] as string[],
    oversized: [] as string[],
    foreign: [] as string[],
  }
  for (const name of await readdir(directory)) {
    const parsed = parseRecordName(name)
    // Not by promises: a day of records would take ten times as long.
    const stat = parsed && lstatSync(join(directory, name), { throwIfNoEntry: false })
    if (isTemporaryName(name)) found.leftovers.push(name)
    else if (!parsed || !stat?.isFile()) found.foreign.push(name)
    else if (stat.size > MAX_RECORD_BYTES) found.oversized.push(name)
    else {
      found.places.push({ name, collectedAt: parsed.collectedAt, bytes: spaceOf(stat.size) })
      found.sequence = Math.max(found.sequence, parsed.sequence)
    }
  }
  return found
}
