import type { Clock } from '../../core/clock.js'
import type { Log } from '../../core/log.js'
import { isErrno, makePrivateDirectory } from '../../core/node/private-files.js'
import type { Snapshot } from '../snapshot.js'
import { createInTurn } from './in-turn.js'
import { createLine, type Place, spaceOf } from './line.js'
import { formatRecordName, sequenceAfter } from './name.js'
import type { Spool, Waiting } from './port.js'
import { type Found, NOTHING_FOUND, readPlaces } from './read-places.js'
import { encodeRecord } from './record.js'
import { createRecordFiles } from './record-files.js'
import { type Bound, createSpoolLog, type SpoolLog } from './spool-log.js'

/** What may wait: the oldest snapshots are dropped beyond this space on disk, and beyond this age. */
export type SpoolBounds = { readonly maxBytes: number; readonly maxAgeMs: number }

/** On a full disk, what is freed for a snapshot before it is given up, as a multiple of its space. */
const ROOM_FACTOR = 4

/**
 * Opens a spool: one file a record, in a directory that no other process uses. Reads names and sizes
 * only. Never rejects: a directory that cannot be made or read is told, and each put tries again.
 */
export async function openSpool(
  directory: string,
  { maxBytes, maxAgeMs }: SpoolBounds,
  clock: Pick<Clock, 'now'>,
  log: Log,
): Promise<Spool> {
  const tell = createSpoolLog(log, directory)
  const found = await openDirectory(directory, tell)
  const files = createRecordFiles(directory)
  const line = createLine(found.places)
  const inTurn = createInTurn()
  let { sequence } = found
  let dropped = 0
  /** Whether dropping the oldest may help on a full disk: not once it did not, until a put succeeds. */
  let mayMakeRoom = true

  const forget = async (name: string): Promise<void> => {
    if (!line.take(name)) return
    if (line.length() === 0) tell.emptied()
    await files.remove(name)
  }

  const drop = async (place: Place, bound: Bound): Promise<void> => {
    tell.dropped(bound)
    dropped++
    await forget(place.name)
  }

  const dropWhile = async (bound: Bound, isBeyond: (first: Place) => boolean): Promise<void> => {
    for (let first = line.first(); first && isBeyond(first); first = line.first()) await drop(first, bound)
  }

  const isTooOld = ({ collectedAt }: { readonly collectedAt: number }): boolean =>
    collectedAt < clock.now() - maxAgeMs

  /**
   * On a full disk the oldest go, as at the other bounds: where the disk is small, the newest day is
   * what is kept. Only as many as may help: where others fill the disk, all that waits would go for nothing.
   */
  const writeMakingRoom = async (name: string, content: Uint8Array): Promise<void> => {
    for (let freed = 0; ; ) {
      try {
        await files.write(name, content)
        mayMakeRoom = true
        return
      } catch (thrown) {
        if (!isDiskFull(thrown)) throw thrown
        const first = line.first()
        mayMakeRoom &&= first !== undefined && freed < ROOM_FACTOR * spaceOf(content.length)
        if (!first || !mayMakeRoom) throw thrown
        freed += first.bytes
        await drop(first, 'disk')
      }
    }
  }

  const put = async (snapshot: Snapshot): Promise<boolean> => {
    await files.sweep()
    await dropWhile('age', isTooOld)
    sequence = sequenceAfter(sequence)
    const { collectedAt } = snapshot
    const name = formatRecordName({ collectedAt, sequence })
    try {
      const content = await encodeRecord(name, snapshot)
      const bytes = spaceOf(content.length)
      const bound = isTooOld(snapshot) ? 'age' : bytes > maxBytes ? 'space' : undefined
      if (bound) {
        tell.dropped(bound)
        dropped++
        return false
      }
      await writeMakingRoom(name, content)
      // Not before: a disk that refuses must not cost what waits already.
      await dropWhile('space', () => line.bytes() + bytes > maxBytes)
      line.add({ name, collectedAt, bytes })
      tell.written()
      return true
    } catch (thrown) {
      tell.unwritable(thrown)
      dropped++
      return false
    }
  }

  const oldest = async (): Promise<Waiting | undefined> => {
    await dropWhile('age', isTooOld)
    const damaged: { file: string; reason: string }[] = []
    const readFirst = async (): Promise<Waiting | undefined> => {
      for (let first = line.first(); first; first = line.first()) {
        const read = await files.read(first.name)
        if (read.kind === 'ok') return { name: first.name, snapshot: read.snapshot }
        if (read.kind === 'busy') return undefined
        damaged.push({ file: first.name, reason: read.reason })
        await forget(first.name)
      }
      return undefined
    }
    const waiting = await readFirst()
    dropped += damaged.length
    tell.damaged(damaged)
    return waiting
  }

  const clear = async (): Promise<void> => {
    for (let first = line.first(); first; first = line.first()) await forget(first.name)
  }

  for (const name of [...found.leftovers, ...found.oversized]) await files.remove(name)
  dropped += found.oversized.length
  await dropWhile('age', isTooOld)
  await dropWhile('space', () => line.bytes() > maxBytes)

  return {
    put: (snapshot) => inTurn(() => put(snapshot)),
    oldest: () => inTurn(oldest),
    remove: (name) => inTurn(() => forget(name)),
    clear: () => inTurn(clear),
    figures: () => ({
      length: line.length(),
      bytes: line.bytes(),
      oldestAt: line.first()?.collectedAt ?? null,
      dropped,
    }),
  }
}

async function openDirectory(directory: string, tell: SpoolLog): Promise<Found> {
  try {
    await makePrivateDirectory(directory, 'KATTILA_STATE_DIR')
    const found = await readPlaces(directory)
    tell.foreign(found.foreign)
    tell.damaged(found.oversized.map((file) => ({ file, reason: 'it is larger than any record' })))
    return found
  } catch (thrown) {
    tell.unreadable(thrown)
    return NOTHING_FOUND
  }
}

/** No space or no inode left, on the disk or of this user's share. */
function isDiskFull(thrown: unknown): boolean {
  return isErrno(thrown, 'ENOSPC') || isErrno(thrown, 'EDQUOT')
}
