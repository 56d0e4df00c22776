import { describe, expect, test } from 'vitest'
import { createManagers } from '../../src/agent/delivery/managers.js'
import type { Outcome } from '../../src/agent/delivery/outcome.js'
import { createRelays } from '../../src/agent/delivery/relays.js'
import { sendSnapshot } from '../../src/agent/send.js'
import type { SignedReport } from '../../src/agent/sign.js'
import { reportSchema } from '../../src/core/protocol/report.js'
import { fromWire } from '../../src/core/protocol/wire-names.js'
import { AGENT_ID, NOW, PSK, seal } from '../core/sealed-report.js'
import { agentId } from './discovery/neighbours.js'
import { type Answering, createScriptedHttp, failed, proven, unproven } from './scripted-manager.js'
import { makeSnapshot } from './spool/snapshots.js'

const NEW = Buffer.from('the secret after the rotation')
const at = { psk: PSK as Uint8Array, serverTime: NOW }

/** Sends one snapshot; the secret is another one from the first refresh on where it `isRotated`. */
async function send(
  answer: Answering,
  { isRotated = false, urls = ['http://a'], relays = [] as readonly string[] } = {},
) {
  let key: Uint8Array = PSK
  let refreshes = 0
  let tick = 0
  const clock = { now: () => NOW, sleep: async () => undefined }
  const http = createScriptedHttp(answer)
  const random = () => 0.5
  const known = createRelays(random)
  known.found(relays.map((url, i) => ({ agentId: agentId(i + 1), url, hops: 0, rttMs: 1 })))
  const told: (readonly Outcome[])[] = []
  const managers = createManagers(urls, { http, clock, random })
  const fate = await sendSnapshot(
    {
      ...{ http, clock, managers, relays: known },
      ownId: () => AGENT_ID,
      findRelays: async () => undefined,
      psk: {
        refreshAfterRefusal: async () => {
          refreshes++
          key = isRotated ? NEW : PSK
          return isRotated
        },
      },
      sign: async () => {
        const envelope = seal({ psk: key, data: { tick: ++tick } })
        const report = fromWire(reportSchema.parse(JSON.parse(envelope.data)))
        return { report, envelope, psk: key } as SignedReport
      },
      onOutcomes: (outcomes) => told.push(outcomes),
    },
    makeSnapshot(NOW),
  )
  return {
    fate,
    told,
    refreshes,
    ticks: http.received.map(({ data }) => data.tick),
    asked: http.received.map(({ url }) => url),
    managers,
  }
}

describe('the fate of a snapshot is', () => {
  test.for<[string, string, Answering]>([
    ['stored', 'ok', (one) => proven(one, at)],
    ['stored', 'duplicate', (one) => proven(one, { ...at, outcome: 'duplicate' })],
    ...['malformed', 'unsupported_version', 'invalid', 'too_large', 'replayed', 'agent_revoked'].map(
      (outcome): [string, string, Answering] => [
        'refused',
        outcome,
        (one) => proven(one, { ...at, outcome }),
      ],
    ),
    ...[
      'clock_skew',
      'bad_identity',
      'agent_pending',
      'stale_tick',
      'unavailable',
      'rate_limited',
      'of_tomorrow',
    ].map((outcome): [string, string, Answering] => [
      'waits',
      outcome,
      (one) => proven(one, { ...at, outcome }),
    ]),
    // What is not proven costs no snapshot, whatever it says.
    ...['malformed', 'invalid', 'agent_revoked', 'too_large', 'bad_signature'].map(
      (code): [string, string, Answering] => ['waits', `${code} without proof`, () => unproven(401, code)],
    ),
    ['waits', 'silence', () => failed('timed_out')],
  ])('%s: %s', async ([fate, , answer]) => {
    expect((await send(answer)).fate).toBe(fate)
  })

  test('waits: no way at all', async () => {
    const { fate, told } = await send(() => failed('refused'), { urls: [] })
    expect([fate, told]).toEqual(['waits', [[]]])
  })
})

describe('a stale tick', () => {
  test('gets the next tick and one more try', async () => {
    const { fate, ticks, told } = await send((one) =>
      proven(one, { ...at, outcome: one.data.tick === 1 ? 'stale_tick' : 'ok' }),
    )
    expect([fate, ticks]).toEqual(['stored', [1, 2]])
    expect(told).toMatchObject([[{ kind: 'stored' }]])
  })

  test('twice waits for the next report', async () => {
    const { fate, ticks, told } = await send((one) => proven(one, { ...at, outcome: 'stale_tick' }))
    expect([fate, ticks]).toEqual(['waits', [1, 2]])
    expect(told).toMatchObject([[{ kind: 'rejected', code: 'stale_tick' }]])
  })
})

describe('a refused signature', () => {
  const refusesOld: Answering = (one) => {
    const psk = one.envelope.hmac === seal({ psk: NEW, data: { tick: one.data.tick } }).hmac ? NEW : PSK
    return psk === NEW ? proven(one, { ...at, psk: NEW }) : unproven(401, 'bad_signature')
  }

  test('gets one refresh, and one more try by the manager that refused', async () => {
    const { fate, asked, refreshes, managers } = await send(refusesOld, { isRotated: true })
    expect(asked).toEqual(['http://a/status/updates', 'http://a/status/updates'])
    expect([fate, refreshes]).toEqual(['stored', 1])
    expect(managers.isReached()).toBe(true)
  })

  test('through relays alone gets one more try through them', async () => {
    const { fate, asked, refreshes } = await send(refusesOld, {
      ...{ isRotated: true, urls: [], relays: ['http://r1', 'http://r2'] },
    })
    expect(asked).toEqual(['http://r1/status/relay', 'http://r2/status/relay', 'http://r1/status/relay'])
    expect([fate, refreshes]).toEqual(['stored', 1])
  })

  test('gets no other try where the secret is the same', async () => {
    const { fate, ticks, refreshes } = await send(() => unproven(401, 'bad_signature'))
    expect([fate, ticks, refreshes]).toEqual(['waits', [1], 1])
  })

  test('that stays refused with the new secret waits', async () => {
    const { fate, ticks, refreshes } = await send(() => unproven(401, 'bad_signature'), { isRotated: true })
    expect([fate, ticks, refreshes]).toEqual(['waits', [1, 2], 1])
  })
})

test('a manager that is busy behind a relay ends the try: another relay leads to the same one', async () => {
  const { fate, asked } = await send((one) => proven(one, { ...at, outcome: 'unavailable' }), {
    ...{ urls: [], relays: ['http://r1', 'http://r2'] },
  })
  expect(asked).toEqual(['http://r1/status/relay'])
  expect(fate).toBe('waits')
})

describe('a hostile relay is found out, and the report goes through the next, if it', () => {
  const forgeries: Readonly<Record<string, Answering>> = {
    'acknowledges by itself': (one) => proven(one, { ...at, psk: Buffer.from('a secret it made up') }),
    'acknowledges without a MAC': (one) => proven(one, { ...at, change: { mac: undefined } }),
    'plays back an old answer': (one) =>
      proven({ ...one, data: { ...one.data, nonce: 'BAECAwQFBgcICQoLDA0ODw' } }, at),
    'rejects by itself': () => unproven(403, 'agent_revoked'),
    'plays back the answer of another agent': (one) =>
      proven({ ...one, data: { ...one.data, agent_id: 'f'.repeat(32) } }, at),
    'makes an acknowledgement of a rejection': (one) =>
      proven(one, { ...at, outcome: 'invalid', change: { error: undefined, status: 'ok' } }),
    'adds itself twice': (one) => proven(one, { ...at, outcome: 'relay_loop' }),
    'grows the path': (one) => proven(one, { ...at, outcome: 'too_many_hops' }),
    'spoils the hop': (one) => proven(one, { ...at, outcome: 'bad_hop' }),
    'sends it elsewhere': () => ({
      kind: 'answer',
      status: 307,
      headers: { location: 'http://evil' },
      body: '',
    }),
    'answers without end': () => failed('broken'),
  }
  test.for(Object.entries(forgeries))('%s', async ([, answer]) => {
    const { fate, asked } = await send(
      (one) => (one.url.startsWith('http://r1') ? answer(one) : proven(one, at)),
      {
        ...{ urls: [], relays: ['http://r1', 'http://r2'] },
      },
    )
    expect(asked).toEqual(['http://r1/status/relay', 'http://r2/status/relay'])
    expect(fate).toBe('stored')
    const alone = await send(answer, { urls: [], relays: ['http://r1'] })
    expect(alone.fate).toBe('waits')
  })
})
