import { describe, expect, test } from 'vitest'
import type { DeliverPorts } from '../../../src/agent/delivery/deliver.js'
import { forward } from '../../../src/agent/delivery/forward.js'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import { createRelays } from '../../../src/agent/delivery/relays.js'
import type { HttpOutcome } from '../../../src/core/node/http.js'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { AGENT_ID, hmac, NONCE, NOW, PSK, RELAY_A, seal } from '../../core/sealed-report.js'
import { agentId } from '../discovery/neighbours.js'
import { createIdleClock } from '../idle-clock.js'
import { answerOf, failed, unproven } from '../scripted-manager.js'
import { createNetwork, type Place } from './network.js'

/** What a manager answers with a right proof; the nonce is empty where it found none. */
function proven(outcome: string, status: number, nonce = NONCE): Extract<HttpOutcome, { kind: 'answer' }> {
  const mac = hmac(PSK, `kattila/1/ack\n${AGENT_ID}\n${nonce}\n${outcome}\n${NOW}`)
  const about = { agent_id: AGENT_ID, nonce, server_time: NOW, mac }
  const body = status === 200 ? { status: outcome } : { error: { code: outcome, message: 'why' } }
  return answerOf(status, { ...body, ...about }) as Extract<HttpOutcome, { kind: 'answer' }>
}

async function forwardTo(places: Readonly<Record<string, Place>>, envelope = seal()) {
  const clock = createIdleClock(NOW)
  const http = createNetwork(clock, places)
  const random = () => 0.5
  const relays = createRelays(random)
  relays.found(
    [1, 2].map((number) => ({ agentId: agentId(number), url: `http://r${number}`, hops: 0, rttMs: 1 })),
  )
  const managers = createManagers(['http://m'], { http, clock, random })
  const ports: DeliverPorts = {
    ...{ http, clock, managers, relays, ownId: () => RELAY_A, findRelays: async () => undefined },
  }
  const parcel = { envelope: { ...envelope, relay_path: [RELAY_A] } as Envelope, psk: PSK, budgetMs: 5000 }
  const answer = await clock.run(forward(ports, parcel))
  return { answer, asked: http.asked, managers, relays }
}

const DIRECT = 'POST http://m/status/updates'
const THROUGH = (number: number) => `POST http://r${number}/status/relay`

describe('what a manager proves is handed back as it is, and nobody else is asked', () => {
  test.for([
    ['ok', 200],
    ['duplicate', 200],
    ['stale_tick', 409],
    ['too_many_hops', 409],
    ['agent_revoked', 403],
    ['invalid', 422],
  ] as const)('%s', async ([outcome, status]) => {
    const given = proven(outcome, status)
    const { answer, asked, managers } = await forwardTo({ 'http://m': () => given })
    expect(answer).toEqual(given)
    expect(asked).toEqual([DIRECT])
    expect(managers.isReached()).toBe(true)
  })

  test('a refusal of data without a nonce, or whose nonce it could not read', async () => {
    for (const text of ['{}', '{"nonce":5}', 'not JSON', `{"nonce":"${NONCE}","deep":1}`]) {
      const given = proven('invalid', 422, '')
      const { answer, managers } = await forwardTo({ 'http://m': () => given }, seal({ text }))
      expect(answer).toEqual(given)
      expect(managers.isReached()).toBe(true)
    }
  })

  test('that it is busy, with how long it asked for, proven or not', async () => {
    for (const body of [proven('unavailable', 503), unproven(429, 'rate_limited')]) {
      const given = { ...body, headers: { 'retry-after': '77' } } as HttpOutcome
      const { answer, asked, managers } = await forwardTo({ 'http://m': () => given })
      expect(answer).toEqual(given)
      expect(asked).toEqual([DIRECT])
      expect(managers.isPatienceAsked()).toBe(true)
    }
  })

  test('that it is busy, through another relay', async () => {
    const given = { ...proven('unavailable', 503), headers: { 'retry-after': '77' } }
    const { answer, asked, relays } = await forwardTo({ 'http://r1': () => given })
    expect(answer).toEqual(given)
    expect(asked).toEqual([DIRECT, THROUGH(1)])
    expect(relays.current()?.agentId).toBe(agentId(1))
  })
})

describe('a manager’s refusal that it cannot prove', () => {
  test.for([
    ['bad_signature', 401],
    ['malformed', 400],
    ['too_large', 413],
    ['unsupported_encoding', 415],
  ] as const)(
    '%s is handed back, and counts neither for the manager nor against it',
    async ([code, status]) => {
      const given = unproven(status, code)
      const { answer, asked, managers } = await forwardTo({ 'http://m': () => given })
      expect(answer).toEqual(given)
      expect(asked).toEqual([DIRECT])
      expect(managers.isReached()).toBe(false)
      expect(managers.usable()).toEqual(['http://m'])
    },
  )
})

describe('what no manager says is no answer: the report goes another way', () => {
  test.for<[string, HttpOutcome]>([
    ['a page that somebody serves', answerOf(200, { hello: 'world' })],
    ['an acknowledgement without proof', unproven(200, 'ok')],
    ['a redirect', { kind: 'answer', status: 302, headers: { location: 'http://evil/' }, body: '' }],
    ['nothing at all', { kind: 'answer', status: 204, headers: {}, body: '' }],
    ['a gateway’s despair', unproven(502, 'bad_gateway')],
    ['a proof under a status that has no body', { ...proven('ok', 200), status: 205 }],
    ['silence', failed('timed_out')],
  ])('%s', async ([, given]) => {
    const ok = proven('ok', 200)
    const { answer, asked, managers } = await forwardTo({ 'http://m': () => given, 'http://r1': () => ok })
    expect(answer).toEqual(ok)
    expect(asked).toEqual([DIRECT, THROUGH(1)])
    expect(managers.isReached()).toBe(false)
  })
})

describe('what another relay says without a manager’s proof is not handed back, and may be the fault of the report', () => {
  test.for<[string, HttpOutcome]>([
    ['its own refusal', unproven(503, 'unavailable')],
    ['its own limit', unproven(429, 'rate_limited')],
    ['that the signature is bad', unproven(401, 'bad_signature')],
    ['an old answer', proven('ok', 200, 'BAECAwQFBgcICQoLDA0ODw')],
    ['its own loop', unproven(409, 'relay_loop')],
  ])('%s', async ([, given]) => {
    const { answer, asked, relays } = await forwardTo({ 'http://r1': () => given })
    expect(answer).toBeUndefined()
    expect(asked).toEqual([DIRECT, THROUGH(1), THROUGH(2)])
    // The second said nothing at all.
    expect(relays.ranked([]).map((relay) => relay.agentId)).toEqual([agentId(1)])
  })
})

describe('what a relay did to the path is held against it, though the manager proved it', () => {
  test.for(['relay_loop', 'too_many_hops', 'bad_hop'])('%s', async (code) => {
    const { answer, asked, relays } = await forwardTo({
      'http://r1': () => proven(code, 409),
      'http://r2': () => proven('ok', 200),
    })
    expect(answer).toEqual(proven('ok', 200))
    expect(asked).toEqual([DIRECT, THROUGH(1), THROUGH(2)])
    expect(relays.current()?.agentId).toBe(agentId(2))
  })
})
