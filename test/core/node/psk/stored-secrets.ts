import type { PskReading, PskSource } from '../../../../src/core/node/psk/source.js'
import { openPskStore } from '../../../../src/core/node/psk/store.js'
import { createRecordingLog } from '../../recording-log.js'
import { createVirtualClock } from '../../virtual-clock.js'

/** A store of secrets on a virtual clock, whose source is set by hand and whose file is real. */

export const HOUR = 3_600_000
export const START = 1_763_650_000_000
export const A = 'the secret called a'
export const B = 'the secret called b'
export const C = 'the secret called c'

/** A source whose answer is set by hand. */
export function createSource(first: string | undefined, change: Partial<PskSource> = {}) {
  let published = first
  let reads = 0
  const read = async (): Promise<PskReading> => {
    reads++
    return published === undefined
      ? { kind: 'unavailable', why: 'nobody answers' }
      : { kind: 'secret', secret: Buffer.from(published), publishedAt: null }
  }
  const source: PskSource = { kind: 'file', where: '/etc/psk', refreshMs: 10_000, read, ...change }
  return {
    source,
    publish: (secret: string | undefined) => {
      published = secret
    },
    reads: () => reads,
  }
}

export async function openStore(source: PskSource | undefined, keptAt: string, startAt = START) {
  const clock = createVirtualClock(startAt)
  const { log, lines } = createRecordingLog()
  const store = await openPskStore(source, keptAt, clock, log)
  const stop = new AbortController()
  const running = store.keepFresh(stop.signal)
  return {
    ...{ store, clock, lines },
    accepted: () => store.accepted().map(String),
    close: () => {
      stop.abort()
      return running
    },
  }
}
export const warningsOf = (lines: readonly { level: string; message: string }[]) =>
  lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
