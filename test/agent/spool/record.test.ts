import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sections, Snapshot } from '../../../src/agent/snapshot.js'
import { decodeRecord, encodeRecord, MAX_RECORD_BYTES } from '../../../src/agent/spool/record.js'
import type { CollectorFailure, WireReport } from '../../../src/core/protocol/report.js'
import { fromWire } from '../../../src/core/protocol/wire-names.js'
import { arbitraryReport } from '../../core/arbitrary-report.js'
import { makeSnapshot } from './snapshots.js'

const NAME = 'a-name'

const arbitrarySnapshot: fc.Arbitrary<Snapshot> = arbitraryReport.map((wire) => {
  // Through JSON, which knows no negative zero.
  const plain: WireReport = JSON.parse(JSON.stringify(wire))
  const { collectedAt, hostname, bootId, failures, ...rest } = fromWire(plain)
  const { system, interfaces, routes, routesTotal, rules, wgInterfaces, wgPeers, neighbours } = rest
  const sections = { system, interfaces, routes, routesTotal, rules, wgInterfaces, wgPeers, neighbours }
  const present = Object.entries(sections).filter(([, section]) => section !== undefined)
  return {
    collectedAt,
    hostname,
    bootId,
    sections: Object.fromEntries(present) as Sections,
    failures: (failures ?? []) as readonly CollectorFailure[],
  }
})

/** A record with a right checksum, whatever it holds. */
function sealed(text: string): Uint8Array {
  const packed = gzipSync(text)
  return Buffer.concat([createHash('sha256').update(NAME).update(packed).digest(), packed])
}

describe('a record', () => {
  test('gives back every snapshot as it was put', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySnapshot, async (snapshot) => {
        const decoded = await decodeRecord(NAME, await encodeRecord(NAME, snapshot))
        expect(decoded).toStrictEqual({ kind: 'ok', snapshot })
      }),
    )
  })

  test('is damaged wherever it is cut and whichever byte is another one', async () => {
    const content = await encodeRecord(NAME, makeSnapshot(1))
    for (const at of content.keys()) {
      const garbled = content.map((byte, i) => (i === at ? byte ^ 1 : byte))
      expect(await decodeRecord(NAME, garbled)).toMatchObject({ kind: 'damaged' })
      expect(await decodeRecord(NAME, content.subarray(0, at))).toMatchObject({ kind: 'damaged' })
    }
  })

  test('is damaged under another name, so that a copy is no second snapshot', async () => {
    const content = await encodeRecord(NAME, makeSnapshot(1))
    expect(await decodeRecord('another', content)).toMatchObject({ kind: 'damaged' })
  })

  test.each([
    ['no JSON', '{', /JSON/],
    ['another thing', '[]', /expected object/],
    [
      'a section of another shape',
      JSON.stringify({
        ...{ collected_at: 1, hostname: 'a', boot_id: '', failures: [] },
        sections: { routes: [{ dst: 'default' }] },
      }),
      /^sections\.routes\[0\]\.dev: /,
    ],
    ['more than any snapshot', ' '.repeat(MAX_RECORD_BYTES + 1), /larger than/],
  ])('with a right checksum that holds %s is damaged', async (_, text, reason) => {
    expect(await decodeRecord(NAME, sealed(text))).toEqual({
      kind: 'damaged',
      reason: expect.stringMatching(reason),
    })
  })
})
