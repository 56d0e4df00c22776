import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CHECKS, type Check, type Member } from '../../../src/core/protocol/verdict.js'
import { verifyReport } from '../../../src/core/protocol/verify.js'
import { bytesOf, DATA, KEY, NOW, PSK, RELAY_A, RELAY_C, type Sealing, seal } from '../sealed-report.js'

const PINNED: Member = { status: 'active', publicKey: KEY.publicKey, lastTick: 811, hmacOf: () => undefined }
const admission = { keys: [PSK], now: NOW, hop: undefined, mayRegister: true }

type Faulty = { sealing: Sealing; member: Member }
const outside = (faulty: Faulty, fields: object): Faulty => ({
  ...faulty,
  sealing: { ...faulty.sealing, outside: { ...faulty.sealing.outside, ...fields } },
})
const inside = (faulty: Faulty, fields: object): Faulty => ({
  ...faulty,
  sealing: { ...faulty.sealing, data: { ...faulty.sealing.data, ...fields } },
})
/** How to make each check fail, without undoing another fault; each in several ways. */
const FAULTS: Readonly<Record<Check, readonly ((faulty: Faulty) => Faulty)[]>> = {
  size: [(f) => outside(f, { padding: 'x'.repeat(1_048_576) })],
  shape: [
    (f) => outside(f, { v: 2 }),
    (f) => outside(f, { hmac: 'no hex' }),
    (f) => outside(f, { type: 'register' }),
  ],
  mac: [(f) => ({ ...f, sealing: { ...f.sealing, psk: Buffer.from('another fleet’s secret') } })],
  data: [
    (f) => ({ ...f, sealing: { ...f.sealing, text: `${textOf(f.sealing)}}` } }),
    (f) => inside(f, { deep: JSON.parse(`${'['.repeat(16)}${']'.repeat(16)}`) }),
  ],
  schema: [(f) => inside(f, { hostname: 5 }), (f) => inside(f, { wg_peers: [{}] })],
  agent_id: [(f) => outside(f, { agent_id: RELAY_C })],
  clock: [(f) => inside(f, { timestamp: NOW - 600_001 }), (f) => inside(f, { timestamp: NOW + 600_001 })],
  identity: [
    (f) => outside(f, { sig: undefined }),
    (f) => ({ ...f, member: { ...f.member, status: 'revoked' } }),
  ],
  relay_path: [(f) => outside(f, { relay_path: [RELAY_A] })],
  replay: [
    (f) => ({ ...f, member: { ...f.member, lastTick: 900 } }),
    (f) => ({ ...f, member: { ...f.member, hmacOf: () => 'f'.repeat(64) } }),
  ],
}
const textOf = ({ data }: Sealing) => JSON.stringify({ ...DATA, ...data })
const someFaults = fc
  .subarray([...CHECKS], { minLength: 1 })
  .chain((checks) =>
    fc.tuple(...checks.map((check) => fc.tuple(fc.constant(check), fc.constantFrom(...FAULTS[check])))),
  )

test('of several faults the one of the earliest check is answered', () => {
  fc.assert(
    fc.property(someFaults, (faults) => {
      const good: Faulty = { sealing: {}, member: PINNED }
      // The text of data is taken last, so that it holds the other faults inside.
      const last = faults.toSorted(([a], [b]) => Number(a === 'data') - Number(b === 'data'))
      const { sealing, member } = last.reduce((faulty, [, fault]) => fault(faulty), good)
      const verdict = verifyReport(bytesOf(seal(sealing)), admission, () => member)
      expect(verdict).toMatchObject({ kind: 'refused', check: faults[0]?.[0] })
    }),
    { numRuns: 400 },
  )
})
