import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAnswer, proveAnswer } from '../../../src/core/protocol/answer.js'
import { AGENT_ID, hmac, NONCE, NOW, PSK, RELAY_A } from '../sealed-report.js'

const mac = (outcome: string, psk: Uint8Array = PSK) =>
  hmac(psk, `kattila/1/ack\n${AGENT_ID}\n${NONCE}\n${outcome}\n${NOW}`)
const OK = { status: 'ok', agent_id: AGENT_ID, nonce: NONCE, server_time: NOW, mac: mac('ok') }
const REFUSED = {
  error: { code: 'stale_tick', message: 'too late' },
  ...{ server_time: NOW, agent_id: AGENT_ID, nonce: NONCE, mac: mac('stale_tick') },
}
const decode = (body: unknown) => decodeAnswer(JSON.stringify(body), PSK, AGENT_ID, NONCE)

test('an acknowledgement and a refusal with the right MAC are believed', () => {
  expect(decode(OK)).toEqual({ outcome: 'ok', message: undefined, serverTime: NOW })
  expect(decode(REFUSED)).toEqual({ outcome: 'stale_tick', message: 'too late', serverTime: NOW })
})

test('what a manager proves an agent believes', () => {
  const arbitraryOutcome = fc.constantFrom('ok', 'duplicate', 'clock_skew', 'unavailable')
  fc.assert(
    fc.property(arbitraryOutcome, fc.maxSafeNat(), (status, server_time) => {
      const proof = proveAnswer(PSK, AGENT_ID, NONCE, status, server_time)
      expect(decode({ status, server_time, ...proof })).toMatchObject({
        outcome: status,
        serverTime: server_time,
      })
    }),
  )
})

describe('not believed is', () => {
  test.for([
    ['an altered status', { ...OK, status: 'duplicate' }],
    ['an altered time', { ...OK, server_time: NOW + 1 }],
    ['an answer to another nonce', { ...OK, nonce: 'BAECAwQFBgcICQoLDA0ODw' }],
    ['an answer to another agent', { ...OK, agent_id: RELAY_A }],
    ['a MAC by another secret', { ...OK, mac: mac('ok', Buffer.from('another fleet’s secret')) }],
    ['a MAC in capitals', { ...OK, mac: OK.mac.toUpperCase() }],
    ['a cut MAC', { ...OK, mac: OK.mac.slice(0, 63) }],
    ['no MAC', { ...OK, mac: undefined }],
    ['neither status nor error', { ...OK, status: undefined }],
    ['an altered code', { ...REFUSED, error: { code: 'agent_revoked' } }],
    ['an error code added to an acknowledgement', { ...OK, error: { code: 'agent_revoked' } }],
    ['a refusal dressed as success', { ...REFUSED, error: undefined, status: 'ok' }],
    ['a time of text', { ...OK, server_time: String(NOW) }],
    ['an array', [OK]],
    ['null', null],
  ] as const)('%s', ([, body]) => {
    expect(decode(body)).toBeUndefined()
  })

  test.for(['', '<html>502</html>', '{"status":"ok"'])('%j', (body) => {
    expect(decodeAnswer(body, PSK, AGENT_ID, NONCE)).toBeUndefined()
  })
})
