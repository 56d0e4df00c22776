import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeReport } from '../../../src/core/protocol/report.js'
import { envelopeAround, NOW, reportOf } from '../fleet.js'
import { hel, next, openRigWithHel, pathOf, sto, WINDOW_MS } from './exchange.js'

/** Faults in the order their checks run, each put on an envelope that may have later faults already. */
const FAULTS: readonly {
  readonly code: string
  readonly path?: string
  readonly put: (draft: Draft) => void
}[] = [
  { code: 'too_large', put: (draft) => Object.assign(draft.outside, { padding: ' '.repeat(1_048_576) }) },
  { code: 'malformed', put: (draft) => Object.assign(draft.outside, { type: 7 }) },
  { code: 'bad_signature', put: (draft) => Object.assign(draft.outside, { hmac: '0'.repeat(64) }) },
  {
    code: 'invalid',
    put: (draft) => {
      draft.tail = '}'
    },
  },
  { code: 'invalid', path: 'hostname', put: (draft) => Object.assign(draft.data, { hostname: 5 }) },
  {
    code: 'invalid',
    path: 'agent_id',
    put: (draft) => Object.assign(draft.outside, { agent_id: sto.agentId }),
  },
  { code: 'clock_skew', put: (draft) => Object.assign(draft.data, { timestamp: NOW - WINDOW_MS - 1 }) },
  { code: 'bad_identity', put: (draft) => Object.assign(draft.outside, { sig: undefined }) },
  { code: 'bad_hop', put: (draft) => Object.assign(draft.outside, { relay_path: pathOf(1) }) },
  { code: 'replayed', put: (draft) => Object.assign(draft.data, { nonce: reportOf(hel).nonce }) },
  { code: 'stale_tick', put: (draft) => Object.assign(draft.data, { tick: 0 }) },
]
type Draft = { data: Record<string, unknown>; tail: string; outside: Record<string, unknown> }

test('of several faults the one whose check runs first is answered', async () => {
  const rig = await openRigWithHel()
  const before = rig.content()
  await fc.assert(
    fc.asyncProperty(fc.subarray([...FAULTS], { minLength: 1 }), async (faults) => {
      const draft: Draft = { data: JSON.parse(encodeReport(next)), tail: '', outside: {} }
      for (const { put } of faults) put(draft)
      const envelope = envelopeAround(hel, JSON.stringify(draft.data) + draft.tail)
      const answer = await rig.send({ ...envelope, ...draft.outside })
      expect(answer.json.error).toMatchObject({ code: faults[0]?.code })
      expect(answer.json.error.path).toBe(faults[0]?.path)
    }),
    { numRuns: 300 },
  )
  expect(rig.content()).toEqual(before)
})
