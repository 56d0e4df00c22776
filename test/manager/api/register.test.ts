import { describe, expect, test } from 'vitest'
import { formatHop } from '../../../src/core/protocol/hop.js'
import {
  answerMac,
  createMember,
  envelopeOf,
  type Member,
  NOW,
  nonceOf,
  PREVIOUS_PSK,
  PSK,
  registrationOf,
  reportOf,
} from '../fleet.js'
import { type Body, openRig, type Rig } from '../rig.js'

const hel = createMember(1)
const sto = createMember(2)
const act = { at: NOW, actor: 'a test', act: 'approve', subject: hel.agentId }
const register = (rig: Rig, member: Member, change = {}, psk = PSK) =>
  rig.send(registrationOf(member, change, psk), {}, '/status/register')
const unsigned = (member: Member, change = {}) => ({ ...registrationOf(member, change), sig: undefined })

describe('a registration', () => {
  test('is answered with the status, the id and the interval, proven by a mac', async () => {
    const rig = await openRig()
    const answer = await register(rig, hel)
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      status: 'active',
      agent_id: hel.agentId,
      nonce: nonceOf('registration'),
      interval_s: 30,
      server_time: NOW,
      mac: answerMac(PSK, hel.agentId, nonceOf('registration'), 'active', NOW),
    })
    expect(rig.content().agents).toMatchObject([
      { agent_id: hel.agentId, status: 'active', public_key: hel.identity.publicKey, registered_at: NOW },
    ])
  })

  test('without an id is issued one, and the same one whenever the same key asks again', async () => {
    const rig = await openRig()
    const first = await register(rig, hel, { agent_id: null })
    const again = await register(rig, hel, { agent_id: null, nonce: nonceOf('again') })
    const other = await register(rig, sto, { agent_id: null })
    const issued = first.json.agent_id
    expect(issued).toMatch(/^[0-9a-f]{32}$/)
    expect(first.json.mac).toBe(answerMac(PSK, issued, nonceOf('registration'), 'active', NOW))
    expect(again.json.agent_id).toBe(issued)
    expect(other.json.agent_id).not.toBe(issued)
    expect(rig.content().agents).toHaveLength(2)
  })

  test('repeated changes nothing and is answered alike', async () => {
    const rig = await openRig()
    const first = await register(rig, hel)
    const before = rig.content()
    expect((await register(rig, hel)).json).toEqual(first.json)
    expect(rig.content()).toEqual(before)
  })

  test('without a signature registers an id and pins no key; a signed one pins it', async () => {
    const rig = await openRig()
    expect((await rig.send(unsigned(hel), {}, '/status/register')).json.status).toBe('active')
    expect(rig.content().agents).toMatchObject([{ public_key: null }])
    expect((await register(rig, hel)).json.status).toBe('active')
    expect(rig.content().agents).toMatchObject([{ public_key: hel.identity.publicKey }])
  })

  test('of an agent that reported already keeps what is known of it', async () => {
    const rig = await openRig()
    await rig.send(envelopeOf(hel, reportOf(hel, { tick: 7 })))
    await rig.inference.idle()
    const before = rig.content()
    expect((await register(rig, hel)).json.status).toBe('active')
    expect(rig.content()).toEqual(before)
  })

  test('is proven with the key that it was verified with', async () => {
    const rig = await openRig()
    const { json } = await register(rig, hel, {}, PREVIOUS_PSK)
    expect(json.mac).toBe(answerMac(PREVIOUS_PSK, hel.agentId, nonceOf('registration'), 'active', NOW))
  })

  test('is taken over relays with the hop header of the last one, and refused without', async () => {
    const rig = await openRig()
    const relayed = { ...registrationOf(hel), relay_path: [sto.agentId] }
    const refused = await rig.send(relayed, {}, '/status/register')
    expect(refused).toMatchObject({ status: 401, json: { error: { code: 'bad_hop' } } })
    expect(rig.content().agents).toEqual([])
    const headers = { 'Kattila-Hop': formatHop(PSK, sto.agentId, NOW, relayed) }
    expect((await rig.send(relayed, headers, '/status/register')).json.status).toBe('active')
  })

  test('where approval is required waits as pending until an operator approves it; then reports are taken', async () => {
    const rig = await openRig({ requiresApproval: true })
    expect((await register(rig, hel)).json.status).toBe('pending')
    const report = envelopeOf(hel, reportOf(hel))
    expect((await rig.send(report)).json.error.code).toBe('agent_pending')
    await rig.store.setStatus(hel.agentId, 'active', act)
    expect((await register(rig, hel)).json.status).toBe('active')
    expect((await rig.send(report)).json.status).toBe('ok')
  })
})

const sign = (change: object) => registrationOf(hel, { ...change })

/** With the agent id that the answer is proven for; undefined where it carries no mac. */
const REFUSED: readonly (readonly [string, () => Body, number, string, string | undefined])[] = [
  ['that is no JSON', () => '{', 400, 'malformed', undefined],
  ['that is a report', () => envelopeOf(hel, reportOf(hel)), 400, 'malformed', undefined],
  ['of another version', () => ({ ...sign({}), v: 2 }), 400, 'unsupported_version', undefined],
  ['with an unknown MAC', () => ({ ...sign({}), hmac: '0'.repeat(64) }), 401, 'bad_signature', undefined],
  ['of another time', () => sign({ timestamp: NOW - 600_001 }), 401, 'clock_skew', hel.agentId],
  [
    'with another sig',
    () => ({ ...sign({}), sig: sign({ hostname: 'x' }).sig }),
    401,
    'bad_identity',
    hel.agentId,
  ],
  ['that asks for an id unsigned', () => unsigned(hel, { agent_id: null }), 401, 'bad_identity', ''],
  ['without a host name', () => sign({ hostname: undefined }), 422, 'invalid', hel.agentId],
  ['with another id inside', () => ({ ...sign({}), agent_id: sto.agentId }), 422, 'invalid', sto.agentId],
  ['larger than 1 MiB', () => ' '.repeat(1_048_577), 413, 'too_large', undefined],
]

describe('a registration is refused and changes nothing', () => {
  test.each(REFUSED)('%s', async (_, body, status, code, agentId) => {
    const rig = await openRig()
    const before = rig.content()
    const answer = await rig.send(body(), {}, '/status/register')
    expect(answer).toMatchObject({ status, json: { error: { code }, server_time: NOW } })
    const nonce = nonceOf('registration')
    expect(answer.json.mac).toBe(
      agentId === undefined ? undefined : answerMac(PSK, agentId, nonce, code, NOW),
    )
    expect(rig.content()).toEqual(before)
  })

  test.each([
    ['of another key than the pinned one', () => registrationOf({ ...sto, agentId: hel.agentId })],
    ['without a signature after a key was pinned', () => unsigned(hel)],
  ])('%s: 401 bad_identity', async (_, body) => {
    const rig = await openRig()
    await rig.send(envelopeOf(hel, reportOf(hel)))
    await rig.inference.idle()
    const before = rig.content()
    const { status, json } = await rig.send(body(), {}, '/status/register')
    expect({ status, code: json.error.code }).toEqual({ status: 401, code: 'bad_identity' })
    expect(rig.content()).toEqual(before)
  })

  test.each([hel.agentId, null])('of a revoked agent (asking as %s): 403 agent_revoked', async (agent_id) => {
    const rig = await openRig()
    await register(rig, hel)
    await rig.store.setStatus(hel.agentId, 'revoked', act)
    const before = rig.content()
    const { status, json } = await register(rig, hel, { agent_id })
    expect({ status, code: json.error?.code }).toEqual({ status: 403, code: 'agent_revoked' })
    expect(json.mac).toBe(answerMac(PSK, agent_id ?? '', nonceOf('registration'), 'agent_revoked', NOW))
    expect(rig.content()).toEqual(before)
  })
})
