import { randomBytes } from 'node:crypto'
import type { Snapshot } from '../../../src/agent/snapshot.js'
import type { Spool } from '../../../src/agent/spool/port.js'

/** A small snapshot; `weight` bytes that cannot be packed make it larger. */
export function makeSnapshot(collectedAt: number, hostname = 'alpha', weight = 0): Snapshot {
  return {
    collectedAt,
    hostname,
    bootId: randomBytes(weight).toString('base64'),
    sections: {},
    failures: [{ collector: 'wireguard', code: 'not_installed', message: 'wg is not installed' }],
  }
}

/** Takes everything out of a spool, first measured first. */
export async function drain(spool: Spool): Promise<readonly Snapshot[]> {
  const drained: Snapshot[] = []
  for (let waiting = await spool.oldest(); waiting; waiting = await spool.oldest()) {
    drained.push(waiting.snapshot)
    await spool.remove(waiting.name)
  }
  return drained
}
