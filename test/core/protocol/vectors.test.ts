import { spawnSync } from 'node:child_process'
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeAnswer, proveAnswer } from '../../../src/core/protocol/answer.js'
import { type Envelope, signEnvelope } from '../../../src/core/protocol/envelope.js'
import { formatHop, hopFault } from '../../../src/core/protocol/hop.js'
import { parseIdentityPem } from '../../../src/core/protocol/identity.js'
import { computeMac } from '../../../src/core/protocol/mac.js'
import { pskFingerprint } from '../../../src/core/protocol/psk-fingerprint.js'
import { UNKNOWN_MEMBER } from '../../../src/core/protocol/verdict.js'
import { verifyReport } from '../../../src/core/protocol/verify.js'

/**
 * The values of the file were made with Python's hmac and the openssl command. Here they are made
 * again with the primitives of node:crypto written out, and with openssl, before our code is asked.
 */
const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/protocol-vectors.json', import.meta.url), 'utf8'),
)
const { secret, agent, report, acknowledgement, rejection, hop, get_authorisation, psk_fingerprint } = vectors
const psk = Buffer.from(secret, 'utf8')

/** RFC 8410, section 7: an Ed25519 private key is this prefix and its 32 bytes. */
const privateKey = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${agent.ed25519_seed_hex}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
})
const identity = parseIdentityPem(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())

const macs = [
  { name: 'report', key: psk, input: report.mac_input, mac: report.hmac },
  { name: 'acknowledgement', key: psk, input: acknowledgement.mac_input, mac: acknowledgement.mac },
  { name: 'rejection', key: psk, input: rejection.mac_input, mac: rejection.mac },
  { name: 'hop', key: psk, input: hop.mac_input, mac: hop.mac },
  { name: 'GET authorisation', key: psk, input: get_authorisation.mac_input, mac: get_authorisation.mac },
  {
    name: 'psk_fingerprint',
    key: Buffer.from(psk_fingerprint.preshared_key, 'base64'),
    input: psk_fingerprint.mac_input,
    mac: psk_fingerprint.hmac,
  },
]

describe('the vectors hold by primitives alone', () => {
  test.for(macs)('$name: HMAC-SHA256 of node:crypto', ({ key, input, mac }) => {
    expect(createHmac('sha256', key).update(input, 'utf8').digest('hex')).toBe(mac)
  })

  const isOpensslHere = spawnSync('openssl', ['version']).status === 0
  test.skipIf(!isOpensslHere).for(macs)('$name: openssl dgst -sha256 -hmac', ({ key, input, mac }) => {
    const isText = key === psk
    const asKey = isText
      ? ['-hmac', secret]
      : ['-mac', 'HMAC', '-macopt', `hexkey:${psk_fingerprint.preshared_key_hex}`]
    const { stdout } = spawnSync('openssl', ['dgst', '-sha256', ...asKey], { input, encoding: 'utf8' })
    expect(stdout.trim().split('= ')[1]).toBe(mac)
  })

  test('the seed makes the public key, the signature and both spellings of the key', () => {
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    expect(spki.subarray(-32).toString('hex')).toBe(agent.ed25519_public_key_hex)
    expect(spki.subarray(-32).toString('base64url')).toBe(agent.public_key)
    expect(sign(null, Buffer.from(report.mac_input, 'utf8'), privateKey).toString('base64url')).toBe(
      report.sig,
    )
  })

  test('every mac_input is its fields joined as the protocol says', () => {
    expect(report.mac_input).toBe(`kattila/1/report\n${report.data}`)
    for (const ack of [acknowledgement, rejection]) {
      expect(ack.mac_input).toBe(
        `kattila/1/ack\n${ack.agent_id}\n${ack.nonce}\n${ack.outcome}\n${ack.server_time}`,
      )
    }
    expect(hop.mac_input).toBe(
      `kattila/1/hop\n${hop.sender}\n${hop.at}\n${hop.relay_path.join(',')}\n${hop.hmac}`,
    )
    const get = get_authorisation
    expect(get.mac_input).toBe(`kattila/1/get\n${get.path}\n${get.agent_id}\n${get.at}\n${get.nonce}`)
    const keys = [psk_fingerprint.public_key_a, psk_fingerprint.public_key_b].toSorted()
    expect(psk_fingerprint.mac_input).toBe(`kattila/1/wg-psk\n${keys.join('\n')}`)
    expect(psk_fingerprint.fingerprint).toBe(psk_fingerprint.hmac.slice(0, 16))
  })
})

describe('our code makes and accepts the vectors', () => {
  const admission = { keys: [psk], now: acknowledgement.server_time, hop: undefined, mayRegister: true }
  const bytesOf = (envelope: Envelope) => Buffer.from(JSON.stringify(envelope), 'utf8')

  test('signing the data gives the envelope', () => {
    expect(identity.publicKey).toBe(agent.public_key)
    expect(signEnvelope('report', agent.agent_id, report.data, psk, identity)).toEqual(report.envelope)
  })

  test('the envelope is accepted, and its key would be pinned', () => {
    expect(verifyReport(bytesOf(report.envelope), admission, () => UNKNOWN_MEMBER)).toMatchObject({
      kind: 'accepted',
      pins: agent.public_key,
      report: { hostname: 'hel-1', tick: 812, labels: { site: 'järvenpää' } },
    })
  })

  test('data that was parsed and written again no longer has this MAC', () => {
    const data = JSON.stringify(JSON.parse(report.data))
    expect(
      verifyReport(bytesOf({ ...report.envelope, data }), admission, () => UNKNOWN_MEMBER),
    ).toMatchObject({ kind: 'refused', code: 'bad_signature' })
  })

  test.for([acknowledgement, rejection])('the answer $outcome is made and believed', (ack) => {
    expect(proveAnswer(psk, ack.agent_id, ack.nonce, ack.outcome, ack.server_time).mac).toBe(ack.mac)
    expect(decodeAnswer(JSON.stringify(ack.body), psk, ack.agent_id, ack.nonce)).toMatchObject({
      outcome: ack.outcome,
      serverTime: ack.server_time,
    })
  })

  test('the hop header is made and accepted', () => {
    const relayed = { ...report.envelope, relay_path: hop.relay_path }
    expect(formatHop(psk, hop.sender, hop.at, relayed)).toBe(hop.header)
    expect(hopFault(relayed, hop.header, [psk], hop.at)).toBeUndefined()
  })

  test('the MAC of a GET authorisation is made', () => {
    const { path, agent_id, at, nonce, mac } = get_authorisation
    expect(computeMac(psk, 'get', `${path}\n${agent_id}\n${at}\n${nonce}`)).toBe(mac)
  })

  test('the fingerprint of a preshared key is the same from both ends', () => {
    const { preshared_key, public_key_a, public_key_b, fingerprint } = psk_fingerprint
    expect(pskFingerprint(preshared_key, public_key_a, public_key_b)).toBe(fingerprint)
    expect(pskFingerprint(preshared_key, public_key_b, public_key_a)).toBe(fingerprint)
  })
})
