import type { Parcel } from '../../../src/agent/delivery/deliver.js'
import { type AgentServerPorts, createAgentApp } from '../../../src/agent/server/app.js'
import { createRelayGate, RELAY_LIMITS } from '../../../src/agent/server/rate.js'
import type { HttpOutcome } from '../../../src/core/node/http.js'
import { createRecordingLog } from '../../core/recording-log.js'
import { hmac, NONCE, NOW, PSK } from '../../core/sealed-report.js'
import { createIdleClock } from '../idle-clock.js'

export const OWN_ID = 'd1b2c3d4e5f60718293a4b5c6d7e8f90'
export const PREVIOUS = Buffer.from('the secret before that one')
export const TOKEN = 'the-token-of-this-very-agent'

export type Answered = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever JSON came, and the tests look into it
  readonly json: any
}

export const ANSWER: Extract<HttpOutcome, { kind: 'answer' }> = {
  ...{ kind: 'answer', status: 200, headers: {}, body: '{"status":"ok","mac":"of the manager"}' },
}

/** The application of one agent, without a socket, that hands what it would forward to `forwarded`. */
export function openApp(change: Partial<AgentServerPorts> = {}) {
  const clock = createIdleClock(NOW)
  const forwarded: Parcel[] = []
  const resets: number[] = []
  let badSignatures = 0
  const { log, lines } = createRecordingLog()
  const app = createAgentApp({
    ...{ clock, log, version: '0.1.0', token: TOKEN },
    ownId: () => OWN_ID,
    keys: () => [PSK, PREVIOUS],
    onBadSignature: () => badSignatures++,
    hops: () => 0,
    health: () => ({ consecutive_failures: 0, spool: { length: 3, bytes: 4096 } }),
    network: () => ({ interfaces: [{ name: 'wg0' }], routes: [] }),
    forward: async (parcel) => {
      forwarded.push(parcel)
      return ANSWER
    },
    gate: createRelayGate(RELAY_LIMITS, clock.now),
    reset: async () => {
      resets.push(clock.now())
      return 'e'.repeat(32)
    },
    ...change,
  })
  const ask = async (path: string, init: RequestInit = {}): Promise<Answered> => {
    const response = await app.request(path, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  }
  const relay = (body: object | string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    ask('/status/relay', {
      ...{ method: 'POST', headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    })
  return { app, clock, forwarded, resets, ask, relay, lines, badSignatures: () => badSignatures }
}

/** A member's authorisation as protocol section 5 says. */
export function memberHeader(
  path: string,
  { psk = PSK as Uint8Array, at = NOW } = {},
): Record<string, string> {
  const mac = hmac(psk, `kattila/1/get\n${path}\n${OWN_ID}\n${at}\n${NONCE}`)
  return { authorization: `Kattila agent=${OWN_ID},at=${at},nonce=${NONCE},mac=${mac}` }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
