import { describe, expect, test } from 'vitest'
import { authenticateRegistration, authenticateReport } from '../../../src/core/protocol/authenticate.js'
import {
  AGENT_ID,
  bytesOf,
  DATA,
  hmac,
  NONCE,
  NOW,
  PSK,
  type Sealing,
  seal,
  sealRegistration,
} from '../sealed-report.js'

function authenticate(sealing: Sealing, keys: readonly Uint8Array[] = [PSK], now = NOW) {
  return authenticateReport(bytesOf(seal(sealing)), { keys, now })
}

describe('the MAC', () => {
  const first = Buffer.from('the first secret of three')
  const second = Buffer.from('the second secret of three')

  test('each accepted key verifies, and the verdict names the one that did', () => {
    for (const psk of [PSK, first, second])
      expect(authenticate({ psk }, [PSK, first, second])).toMatchObject({ kind: 'authentic', psk })
  })

  test('without any key nothing verifies', () => {
    expect(authenticate({}, [])).toMatchObject({ check: 'mac', code: 'bad_signature' })
  })

  test.for(['register', 'ack', 'hop', 'get', 'wg-psk'])(
    'a MAC made for %s is none for a report',
    (purpose) => {
      const { data } = seal()
      const verdict = authenticate({ outside: { hmac: hmac(PSK, `kattila/1/${purpose}\n${data}`) } })
      expect(verdict).toMatchObject({ check: 'mac', code: 'bad_signature' })
    },
  )

  test('a refusal does not say which keys there are', () => {
    const verdict = authenticate({ psk: first }, [PSK, second])
    expect(JSON.stringify(verdict)).not.toMatch(/current|previous|secret|[0-9a-f]{32}/)
  })
})

describe('nesting', () => {
  const nested = (levels: number) => `${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`
  const withField = (json: string) => JSON.stringify(DATA).replace(/\}$/, `,"extra":${json}}`)

  test('data of exactly 16 levels passes', () => {
    expect(authenticate({ text: withField(nested(16)) })).toMatchObject({ kind: 'authentic' })
  })

  test('data of 17 levels is invalid', () => {
    expect(authenticate({ text: withField(nested(17)) })).toMatchObject({ check: 'data', code: 'invalid' })
  })

  test('brackets inside a string are no levels', () => {
    expect(authenticate({ data: { hostname: `${'[{'.repeat(40)}"\\` } })).toMatchObject({ kind: 'authentic' })
  })

  test('a hundred thousand levels are refused without being parsed', () => {
    const text = '['.repeat(100_000)
    expect(authenticate({ text })).toMatchObject({
      check: 'data',
      message: expect.stringContaining('16 levels'),
    })
  })
})

describe('data', () => {
  test.for(['', '{', 'undefined', '{"a":1}x', "{'a':1}", '\ufeff{}', '{"a":01}', '{"a":NaN}', ']]]][[[['])(
    '%j is not JSON',
    (text) => {
      expect(authenticate({ text })).toMatchObject({ check: 'data', code: 'invalid' })
    },
  )

  test.for(['null', '[]', '5', '"text"', '{}'])('%s is JSON and no report', (text) => {
    expect(authenticate({ text })).toMatchObject({ check: 'schema', code: 'invalid' })
  })

  test('the exact text is verified, whatever its spaces, escapes, order and figures', () => {
    const text = JSON.stringify(DATA, null, 2)
      .replace('"hel-1"', '"h\\u0065l-\\u00e9\\ud83d\\ude00/\\/"')
      .replace('"interval_s": 30', '"interval_s": 3.0e1, "unknown": 0.10')
    expect(authenticate({ text })).toMatchObject({
      kind: 'authentic',
      content: { hostname: 'hel-é😀//', intervalS: 30 },
    })
  })

  test('unknown fields are ignored at every depth', () => {
    const verdict = authenticate({
      data: { novelty: { a: 1 }, routes: [{ dst: '::/0', dev: 'eth0', novel: [] }] },
    })
    expect(verdict).toMatchObject({ kind: 'authentic', content: { routes: [{ dst: '::/0', dev: 'eth0' }] } })
    expect(JSON.stringify(verdict.kind === 'authentic' && verdict.content)).not.toContain('novel')
  })

  test('__proto__ and constructor are unknown fields like any other', () => {
    const text = JSON.stringify(DATA).replace(
      /\}$/,
      ',"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"labels":{"__proto__":"x","constructor":"y"}}',
    )
    expect(authenticate({ text })).toMatchObject({
      kind: 'authentic',
      content: { labels: { constructor: 'y' } },
    })
    expect({}).not.toHaveProperty('polluted')
  })

  test('a schema error is told with its path', () => {
    const peer = { interface: 'wg0', public_key: 'x', allowed_ips: [], rx_bytes: 0, tx_bytes: 0 }
    const wg_peers = [peer, peer, peer, { ...peer, endpoint: 5 }]
    expect(authenticate({ data: { wg_peers } })).toMatchObject({
      code: 'invalid',
      path: 'wg_peers[3].endpoint',
    })
  })
})

describe('the clock window', () => {
  test.for([-600_000, 0, 600_000])('%i ms from our clock passes', (offset) => {
    expect(authenticate({ data: { timestamp: NOW + offset } })).toMatchObject({ kind: 'authentic' })
  })

  test.for([-600_001, 600_001, -NOW])('%i ms from our clock is skew', (offset) => {
    expect(authenticate({ data: { timestamp: NOW + offset } })).toMatchObject({
      check: 'clock',
      code: 'clock_skew',
    })
  })

  test('collected_at may be as old as it likes', () => {
    expect(authenticate({ data: { collected_at: 0 } })).toMatchObject({ kind: 'authentic' })
  })
})

describe('a registration', () => {
  const registration = (data: object = {}, outside: object = {}) =>
    bytesOf(
      sealRegistration({
        data: data as Record<string, unknown>,
        outside: outside as Record<string, unknown>,
      }),
    )
  const receiver = { keys: [PSK], now: NOW }

  test('is authentic with an id', () => {
    expect(authenticateRegistration(registration(), receiver)).toMatchObject({
      kind: 'authentic',
      content: { agentId: AGENT_ID, nonce: NONCE },
    })
  })

  test('is authentic without an id, inside and outside', () => {
    const asking = registration({ agent_id: null }, { agent_id: null })
    expect(authenticateRegistration(asking, receiver)).toMatchObject({ content: { agentId: null } })
  })

  test('with an id on one side alone is invalid', () => {
    expect(authenticateRegistration(registration({ agent_id: null }), receiver)).toMatchObject({
      check: 'agent_id',
    })
    expect(authenticateRegistration(registration({}, { agent_id: null }), receiver)).toMatchObject({
      check: 'agent_id',
    })
  })

  test('is no report, and a report no registration', () => {
    expect(authenticateReport(registration(), receiver)).toMatchObject({ check: 'shape', code: 'malformed' })
    expect(authenticateRegistration(bytesOf(seal()), receiver)).toMatchObject({ check: 'shape' })
  })
})
