import { describe, expect, test } from 'vitest'
import { judgeIdentity } from '../../../src/core/protocol/admit.js'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { type Member, UNKNOWN_MEMBER } from '../../../src/core/protocol/verdict.js'
import { verifyReport } from '../../../src/core/protocol/verify.js'
import { bytesOf, KEY, NOW, OTHER_KEY, PSK, RELAY_A, type Sealing, seal } from '../sealed-report.js'

const MEMBER: Member = { status: 'active', publicKey: KEY.publicKey, lastTick: 811, hmacOf: () => undefined }
const UNPINNED: Member = { ...MEMBER, publicKey: null }

function admit(sealing: Sealing, member: Member) {
  const admission = { keys: [PSK], now: NOW, hop: undefined, mayRegister: true }
  return verifyReport(bytesOf(seal(sealing)), admission, () => member)
}
const unsigned: Sealing = { outside: { sig: undefined } }
const bad = { check: 'identity', code: 'bad_identity' }

describe('an agent with a pinned key', () => {
  test('is refused without a signature', () => {
    expect(admit(unsigned, MEMBER)).toMatchObject(bad)
  })

  test('is refused with an empty signature', () => {
    expect(admit({ outside: { sig: '' } }, MEMBER)).toMatchObject(bad)
  })

  test('is refused with another key, though the signature is right by it', () => {
    const sealing = { key: OTHER_KEY.privateKey, data: { public_key: OTHER_KEY.publicKey } }
    expect(admit(sealing, MEMBER)).toMatchObject(bad)
  })

  test('is refused with another key in data, though the signature is by the pinned one', () => {
    expect(admit({ data: { public_key: OTHER_KEY.publicKey } }, MEMBER)).toMatchObject(bad)
  })

  test('may leave the key out of data', () => {
    expect(admit({ data: { public_key: undefined } }, MEMBER)).toMatchObject({ kind: 'accepted', pins: null })
  })
})

describe('an agent without a pinned key', () => {
  test('is accepted unsigned, and nothing is pinned', () => {
    expect(admit(unsigned, UNPINNED)).toMatchObject({ kind: 'accepted', pins: null })
    expect(admit(unsigned, UNKNOWN_MEMBER)).toMatchObject({ kind: 'accepted', pins: null })
  })

  test('pins its key with its first signature', () => {
    expect(admit({}, UNPINNED)).toMatchObject({ kind: 'accepted', pins: KEY.publicKey })
  })

  test('is refused with a wrong signature', () => {
    expect(admit({ key: OTHER_KEY.privateKey }, UNPINNED)).toMatchObject(bad)
  })

  test('is refused with a signature and no key to check it with', () => {
    expect(admit({ data: { public_key: undefined } }, UNPINNED)).toMatchObject(bad)
  })

  test('is refused with a key of low order, signed or not', () => {
    const data = { public_key: Buffer.from([1, ...Array(31).fill(0)]).toString('base64url') }
    expect(admit({ data }, UNPINNED)).toMatchObject(bad)
    expect(admit({ data, ...unsigned }, UNPINNED)).toMatchObject(bad)
  })
})

test('a bad identity comes before revocation and approval', () => {
  expect(admit(unsigned, { ...MEMBER, status: 'revoked' })).toMatchObject(bad)
  expect(admit(unsigned, { ...MEMBER, status: 'pending' })).toMatchObject(bad)
})

test('a revoked agent stays revoked where agents may register', () => {
  expect(admit({}, { ...UNPINNED, status: 'revoked' })).toMatchObject({ code: 'agent_revoked' })
})

test('the same envelope again is a duplicate, though its tick is the last one', () => {
  const envelope = seal()
  const member = { ...MEMBER, lastTick: 812, hmacOf: () => envelope.hmac }
  expect(admit({}, member)).toMatchObject({ kind: 'duplicate', proof: { psk: PSK } })
})

test('the same envelope by another path is a duplicate only with a right hop', () => {
  const member = { ...MEMBER, lastTick: 812, hmacOf: () => seal().hmac }
  expect(admit({ outside: { relay_path: [RELAY_A] } }, member)).toMatchObject({ code: 'bad_hop' })
})

test('a report without signature and without key has a good identity, which pins nothing', () => {
  const { sig: _, ...envelope } = seal()
  expect(judgeIdentity(envelope as Envelope, null, null)).toEqual({ kind: 'good', pins: null })
})
