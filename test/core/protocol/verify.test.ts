import { expect, test } from 'vitest'
import { REFUSAL_STATUS } from '../../../src/core/protocol/answer.js'
import { CHECKS, type Check, type Member, UNKNOWN_MEMBER } from '../../../src/core/protocol/verdict.js'
import { verifyReport } from '../../../src/core/protocol/verify.js'
import {
  AGENT_ID,
  bytesOf,
  hopHeader,
  KEY,
  NONCE,
  NOW,
  OTHER_KEY,
  PSK,
  RELAY_A,
  RELAY_B,
  RELAY_C,
  type Sealing,
  seal,
} from '../sealed-report.js'

const PINNED: Member = { status: 'active', publicKey: KEY.publicKey, lastTick: 811, hmacOf: () => undefined }
const admission = { keys: [PSK], now: NOW, hop: undefined as string | undefined, mayRegister: true }

function judge(
  sealing: Sealing,
  { member = PINNED, ...change }: Partial<typeof admission> & { member?: Member } = {},
) {
  return verifyReport(bytesOf(seal(sealing)), { ...admission, ...change }, () => member)
}

function judgeRelayed(relay_path: string[], header: Parameters<typeof hopHeader>[1] = {}) {
  const envelope = seal({ outside: { relay_path } })
  return verifyReport(bytesOf(envelope), { ...admission, hop: hopHeader(envelope, header) }, () => PINNED)
}

test('a good report of a known agent is accepted and pins nothing anew', () => {
  expect(judge({})).toMatchObject({
    kind: 'accepted',
    pins: null,
    report: { agentId: AGENT_ID, tick: 812 },
    proof: { psk: PSK, agentId: AGENT_ID, nonce: NONCE },
  })
})

test('a good report of an unknown agent registers it and pins its key', () => {
  expect(judge({}, { member: UNKNOWN_MEMBER })).toMatchObject({ kind: 'accepted', pins: KEY.publicKey })
})

test('the member is looked up by the agent_id that was verified', () => {
  const asked: string[] = []
  verifyReport(bytesOf(seal()), admission, (agentId) => {
    asked.push(agentId)
    return PINNED
  })
  expect(asked).toEqual([AGENT_ID])
})

/** One row for each refusal of the table in section 3 that core decides, and the check it belongs to. */
const REFUSALS: readonly { code: string; check: Check; given: string; verdict: () => unknown }[] = [
  {
    code: 'too_large',
    check: 'size',
    given: 'more than 1 MiB',
    verdict: () => judge({ outside: { padding: 'x'.repeat(1_048_576) } }),
  },
  {
    code: 'malformed',
    check: 'shape',
    given: 'no hmac',
    verdict: () => judge({ outside: { hmac: undefined } }),
  },
  {
    code: 'unsupported_version',
    check: 'shape',
    given: 'version 2',
    verdict: () => judge({ outside: { v: 2 } }),
  },
  {
    code: 'bad_signature',
    check: 'mac',
    given: 'a MAC by another secret',
    verdict: () => judge({ psk: Buffer.from('another fleet’s secret') }),
  },
  { code: 'invalid', check: 'data', given: 'data that is no JSON', verdict: () => judge({ text: '{' }) },
  {
    code: 'invalid',
    check: 'schema',
    given: 'a tick of text',
    verdict: () => judge({ data: { tick: 'one' } }),
  },
  {
    code: 'invalid',
    check: 'agent_id',
    given: 'another agent_id outside',
    verdict: () => judge({ outside: { agent_id: RELAY_A } }),
  },
  {
    code: 'clock_skew',
    check: 'clock',
    given: 'a timestamp of an hour ago',
    verdict: () => judge({ data: { timestamp: NOW - 3_600_000 } }),
  },
  {
    code: 'bad_identity',
    check: 'identity',
    given: 'a signature by another key',
    verdict: () => judge({ key: OTHER_KEY.privateKey }),
  },
  {
    code: 'agent_revoked',
    check: 'identity',
    given: 'a revoked agent',
    verdict: () => judge({}, { member: { ...PINNED, status: 'revoked' } }),
  },
  {
    code: 'agent_pending',
    check: 'identity',
    given: 'a pending agent',
    verdict: () => judge({}, { member: { ...PINNED, status: 'pending' } }),
  },
  {
    code: 'agent_pending',
    check: 'identity',
    given: 'an unknown agent where approval is required',
    verdict: () => judge({}, { member: UNKNOWN_MEMBER, mayRegister: false }),
  },
  {
    code: 'bad_hop',
    check: 'relay_path',
    given: 'a relay_path without a hop header',
    verdict: () => judge({ outside: { relay_path: [RELAY_A] } }),
  },
  {
    code: 'relay_loop',
    check: 'relay_path',
    given: 'a relay twice',
    verdict: () => judgeRelayed([RELAY_A, RELAY_B, RELAY_A]),
  },
  {
    code: 'relay_loop',
    check: 'relay_path',
    given: 'the origin as a relay',
    verdict: () => judgeRelayed([RELAY_A, AGENT_ID]),
  },
  {
    code: 'too_many_hops',
    check: 'relay_path',
    given: 'four relays',
    verdict: () => judgeRelayed([RELAY_A, RELAY_B, RELAY_C, 'd'.repeat(32)]),
  },
  {
    code: 'replayed',
    check: 'replay',
    given: 'a nonce of another envelope, with a newer tick',
    verdict: () => judge({}, { member: { ...PINNED, hmacOf: () => '0'.repeat(64) } }),
  },
  {
    code: 'stale_tick',
    check: 'replay',
    given: 'the tick of the last report',
    verdict: () => judge({}, { member: { ...PINNED, lastTick: 812 } }),
  },
]

test.for(REFUSALS)('$given is $code', ({ code, check, verdict }) => {
  expect(verdict()).toMatchObject({ kind: 'refused', code, check })
})

test('every code that core can answer stands in the table above; the rest is the manager’s alone', () => {
  const manager = ['unsupported_encoding', 'rate_limited', 'unavailable']
  const told = new Set(REFUSALS.map(({ code }) => code))
  expect([...told, ...manager].toSorted()).toEqual(Object.keys(REFUSAL_STATUS).toSorted())
})

test('three relays are not too many', () => {
  expect(judgeRelayed([RELAY_A, RELAY_B, RELAY_C])).toMatchObject({ kind: 'accepted' })
})

test('a refusal carries what proves it from the MAC on, and nothing before', () => {
  const proof = { psk: PSK, agentId: AGENT_ID, nonce: NONCE }
  for (const { check, verdict } of REFUSALS) {
    const { proof: given } = verdict() as { proof?: object }
    if (CHECKS.indexOf(check) <= CHECKS.indexOf('mac')) expect(given).toBeUndefined()
    else if (check === 'data') expect(given).toEqual({ ...proof, nonce: '' })
    else if (check === 'agent_id') expect(given).toEqual({ ...proof, agentId: RELAY_A })
    else expect(given).toEqual(proof)
  }
})
