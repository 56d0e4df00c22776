import { describe, expect, test } from 'vitest'
import { admitRegistration } from '../../../src/core/protocol/admit.js'
import { authenticateRegistration } from '../../../src/core/protocol/authenticate.js'
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
  sealRegistration,
} from '../sealed-report.js'

function register(sealing: Sealing, hop?: string) {
  const admission = { keys: [PSK], now: NOW, hop, mayRegister: true }
  const authentic = authenticateRegistration(bytesOf(sealRegistration(sealing)), admission)
  return authentic.kind === 'refused' ? authentic : admitRegistration(authentic, admission)
}
const unsigned = { sig: undefined }
const asking: Sealing = { data: { agent_id: null }, outside: { agent_id: null } }

test('a signed registration is admitted with the key it proves', () => {
  expect(register({})).toEqual({ kind: 'admitted', publicKey: KEY.publicKey })
})

test('one that asks for an id is admitted when it is signed, and only then', () => {
  expect(register(asking)).toEqual({ kind: 'admitted', publicKey: KEY.publicKey })
  const verdict = register({ ...asking, outside: { agent_id: null, ...unsigned } })
  expect(verdict).toMatchObject({ check: 'identity', code: 'bad_identity' })
})

test('one with an id may be unsigned, and proves no key', () => {
  expect(register({ outside: unsigned })).toEqual({ kind: 'admitted', publicKey: null })
})

describe('refused is', () => {
  test('a signature by another key, proven by the fleet secret', () => {
    expect(register({ key: OTHER_KEY.privateKey })).toMatchObject({
      check: 'identity',
      code: 'bad_identity',
      proof: { psk: PSK, agentId: AGENT_ID, nonce: NONCE },
    })
  })

  test('a clock that is off', () => {
    expect(register({ data: { timestamp: NOW - 600_001 } })).toMatchObject({ code: 'clock_skew' })
  })

  test('a forwarded one without a hop header', () => {
    expect(register({ outside: { relay_path: [RELAY_A] } })).toMatchObject({ code: 'bad_hop' })
  })

  test.for([
    ['relay_loop', [RELAY_A, RELAY_A]],
    ['relay_loop', [RELAY_A, RELAY_B, RELAY_C, RELAY_A]],
    ['relay_loop', [AGENT_ID]],
    ['too_many_hops', [RELAY_A, RELAY_B, RELAY_C, 'd'.repeat(32)]],
  ] as const)('%s by the path %j', ([code, path]) => {
    const relay_path = [...path]
    const sealed = sealRegistration({ outside: { relay_path } })
    expect(register({ outside: { relay_path } }, hopHeader(sealed))).toMatchObject({
      check: 'relay_path',
      code,
    })
  })
})

test('a forwarded one with a right hop is admitted', () => {
  const outside = { relay_path: [RELAY_A, RELAY_B] }
  expect(register({ outside }, hopHeader(sealRegistration({ outside })))).toMatchObject({ kind: 'admitted' })
})
