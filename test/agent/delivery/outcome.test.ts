import { describe, expect, test } from 'vitest'
import { deliver } from '../../../src/agent/delivery/deliver.js'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import { judgeAnswer, type Outcome } from '../../../src/agent/delivery/outcome.js'
import { createRelays } from '../../../src/agent/delivery/relays.js'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { reportSchema } from '../../../src/core/protocol/report.js'
import { fromWire } from '../../../src/core/protocol/wire-names.js'
import { AGENT_ID, hopHeader, NOW, PSK, seal } from '../../core/sealed-report.js'
import { type Answering, createScriptedHttp, failed, proven, unproven } from '../scripted-manager.js'

const URLS = ['http://a', 'http://b', 'http://c']
const direct = (url: string) => ({ kind: 'direct' as const, url })
const OTHER = Buffer.from('the secret of another fleet')
const envelope = seal() as Envelope & { relay_path: string[] }
const report = fromWire(reportSchema.parse(JSON.parse(envelope.data)))

/** Sends with a clock that stands, or moves `tookMs` with each request. */
async function pushTo(answer: Answering, { urls = URLS, tookMs = 0 } = {}) {
  let now = NOW
  const http = createScriptedHttp((received) => {
    now += tookMs
    return answer(received)
  })
  const clock = { now: () => now, sleep: () => Promise.resolve() }
  const random = () => 0.5
  const outcomes: Outcome[] = []
  const ports = {
    ...{ http, clock, ownId: () => AGENT_ID, findRelays: async () => undefined },
    ...{ managers: createManagers(urls, { http, clock, random }), relays: createRelays(random) },
  }
  await deliver(ports, { envelope, psk: PSK, budgetMs: 8000 }, (one, way, sentAt) => {
    const outcome = judgeAnswer(one, { report, psk: PSK }, { way, sentAt, answeredAt: now })
    outcomes.push(outcome)
    return outcome.kind === 'failed' ? 'failed' : 'final'
  })
  return { outcomes, received: http.received }
}

test('the envelope goes to /status/updates as it is, with a hop of the origin', async () => {
  const { received } = await pushTo((one) => proven(one, { psk: PSK, serverTime: NOW }))
  expect(received).toHaveLength(1)
  expect(received[0]).toMatchObject({ url: 'http://a/status/updates', envelope })
  expect(received[0]?.request).toMatchObject({
    method: 'POST',
    headers: { 'Kattila-Hop': hopHeader(envelope) },
    timeoutMs: 3000,
  })
})

describe('the managers are tried in their order', () => {
  test('until one stores', async () => {
    const { outcomes, received } = await pushTo((one) =>
      one.url.startsWith('http://b') ? proven(one, { psk: PSK, serverTime: NOW }) : failed('refused'),
    )
    expect(outcomes).toMatchObject([
      { kind: 'failed', way: direct('http://a') },
      { kind: 'stored', way: direct('http://b') },
    ])
    expect(received.map(({ url }) => url)).toEqual(['http://a/status/updates', 'http://b/status/updates'])
  })

  test('until one, proven, rejects', async () => {
    const { outcomes } = await pushTo((one) =>
      proven(one, { psk: PSK, serverTime: NOW, outcome: 'stale_tick' }),
    )
    expect(outcomes).toEqual([
      {
        kind: 'rejected',
        way: direct('http://a'),
        code: 'stale_tick',
        message: 'refused as stale_tick',
        clockOffsetMs: 0,
      },
    ])
  })

  test('all of them where none answers', async () => {
    const { outcomes } = await pushTo(() => failed('timed_out'))
    expect(outcomes.map(({ kind, way }) => `${kind} ${way.url}`)).toEqual(URLS.map((url) => `failed ${url}`))
  })
})

describe('what is answered becomes', () => {
  const at = { psk: PSK, serverTime: NOW }
  test.for([
    ['stored', 'ok', (one) => proven(one, at), { kind: 'stored' }],
    ['stored', 'a duplicate', (one) => proven(one, { ...at, outcome: 'duplicate' }), { kind: 'stored' }],
    [
      'rejected',
      'clock_skew',
      (one) => proven(one, { ...at, outcome: 'clock_skew' }),
      { kind: 'rejected', code: 'clock_skew' },
    ],
    [
      'rejected',
      'agent_pending',
      (one) => proven(one, { ...at, outcome: 'agent_pending' }),
      { kind: 'rejected' },
    ],
    [
      'busy',
      'a proven unavailable',
      (one) => proven(one, { ...at, outcome: 'unavailable' }),
      { kind: 'failed', reason: 'busy' },
    ],
    [
      'busy',
      'a proven rate_limited',
      (one) => proven(one, { ...at, outcome: 'rate_limited' }),
      { kind: 'failed', reason: 'busy' },
    ],
    ['busy', '429 without proof', () => unproven(429, 'rate_limited'), { kind: 'failed', reason: 'busy' }],
    ['busy', '503 without proof', () => unproven(503, 'unavailable'), { kind: 'failed', reason: 'busy' }],
    [
      'bad_signature',
      '401 bad_signature',
      () => unproven(401, 'bad_signature'),
      { kind: 'failed', reason: 'bad_signature' },
    ],
    ['unproven', '400 malformed', () => unproven(400, 'malformed'), { kind: 'failed', reason: 'unproven' }],
    [
      'unproven',
      '401 clock_skew without proof',
      () => unproven(401, 'clock_skew'),
      { kind: 'failed', reason: 'unproven' },
    ],
    [
      'unproven',
      'bad_signature with another status',
      () => unproven(403, 'bad_signature'),
      { kind: 'failed', reason: 'unproven' },
    ],
    ['refused', 'a refused connection', () => failed('refused'), { kind: 'failed', reason: 'refused' }],
    ['timed_out', 'silence', () => failed('timed_out'), { kind: 'failed', reason: 'timed_out' }],
  ] as const satisfies readonly (readonly [string, string, Answering, object])[])(
    '%s: %s',
    async ([, , answer, outcome]) => {
      const { outcomes } = await pushTo(answer, { urls: ['http://a'] })
      expect(outcomes).toMatchObject([{ ...outcome, way: direct('http://a') }])
    },
  )
})

describe('not believed, so that the next manager is tried, is', () => {
  const at = { psk: PSK, serverTime: NOW }
  const forgeries: Readonly<Record<string, Answering>> = {
    'an acknowledgement without a MAC': (one) => proven(one, { ...at, change: { mac: undefined } }),
    'an acknowledgement made with another secret': (one) => proven(one, { ...at, psk: OTHER }),
    'an acknowledgement of another nonce': (one) =>
      proven({ ...one, data: { ...one.data, nonce: 'BAECAwQFBgcICQoLDA0ODw' } }, at),
    'an acknowledgement for another agent': (one) =>
      proven({ ...one, data: { ...one.data, agent_id: 'f'.repeat(32) } }, at),
    'an acknowledgement with an altered time': (one) =>
      proven(one, { ...at, change: { server_time: NOW + 1 } }),
    'a duplicate made of an acknowledgement': (one) =>
      proven(one, { ...at, change: { status: 'duplicate' } }),
    'a revocation made with another secret': (one) =>
      proven(one, { ...at, psk: OTHER, outcome: 'agent_revoked' }),
    'a success with an empty body': () => ({ kind: 'answer', status: 200, headers: {}, body: '' }),
    'a page of a captive portal': () => ({
      kind: 'answer',
      status: 200,
      headers: {},
      body: '<html>ok</html>',
    }),
  }
  test.for(Object.entries(forgeries))('%s', async ([, answer]) => {
    const { outcomes } = await pushTo((one) =>
      one.url.startsWith('http://a') ? answer(one) : proven(one, { psk: PSK, serverTime: NOW }),
    )
    expect(outcomes).toMatchObject([
      { kind: 'failed', reason: 'unproven', way: direct('http://a') },
      { kind: 'stored', way: direct('http://b') },
    ])
  })
})

test('the offset of the clocks is the manager’s time less the middle of the round trip', async () => {
  const serverTime = NOW + 200 + 5_000
  for (const outcome of ['ok', 'clock_skew']) {
    const { outcomes } = await pushTo((one) => proven(one, { psk: PSK, serverTime, outcome }), {
      tookMs: 400,
    })
    expect(outcomes).toMatchObject([{ clockOffsetMs: 5_000 }])
  }
  const { outcomes } = await pushTo((one) => proven(one, { psk: PSK, serverTime }), { tookMs: 400 })
  expect(outcomes).toMatchObject([{ rttMs: 400 }])
})
