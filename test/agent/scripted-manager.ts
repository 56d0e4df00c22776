import type { HttpClient, HttpOutcome } from '../../src/core/node/http.js'
import { hmac } from '../core/sealed-report.js'

/** A manager behind the HttpClient port, that answers as a test says. */

export type Received = {
  readonly request: Parameters<HttpClient['send']>[0]
  readonly url: string
  readonly envelope: {
    agent_id: string
    data: string
    hmac: string
    sig: string
    relay_path: string[]
    type: string
    v: number
  }
  readonly data: { tick: number; nonce: string; timestamp: number; agent_id: string; hostname: string }
}
export type Answering = (received: Received) => HttpOutcome | Promise<HttpOutcome>

/** What is answered to a GET: of a manager's health, or of what another agent is. */
type AnsweringGet = (url: string) => HttpOutcome | Promise<HttpOutcome>

export function createScriptedHttp(
  answer: Answering,
  answerGet: AnsweringGet = () => failed('refused'),
): HttpClient & { readonly received: readonly Received[] } {
  const received: Received[] = []
  return {
    received,
    send: async (request) => {
      if (request.method === 'GET') return answerGet(request.url)
      const envelope = JSON.parse(request.body ?? '')
      const one = { request, url: request.url, envelope, data: JSON.parse(envelope.data) }
      received.push(one)
      return answer(one)
    },
    close: () => undefined,
  }
}

export const answerOf = (status: number, body: object): HttpOutcome => ({
  kind: 'answer',
  status,
  headers: {},
  body: JSON.stringify(body),
})

/** A proven acknowledgement, or a proven refusal where the outcome is no status. */
export function proven(
  { data }: Received,
  {
    psk,
    outcome = 'ok',
    serverTime,
    change = {},
  }: { psk: Uint8Array; outcome?: string; serverTime: number; change?: object },
): HttpOutcome {
  const isStored = outcome === 'ok' || outcome === 'duplicate'
  const mac = hmac(psk, `kattila/1/ack\n${data.agent_id}\n${data.nonce}\n${outcome}\n${serverTime}`)
  const about = { agent_id: data.agent_id, nonce: data.nonce, server_time: serverTime, mac }
  return isStored
    ? answerOf(200, { status: outcome, ...about, ...change })
    : answerOf(422, { error: { code: outcome, message: `refused as ${outcome}` }, ...about, ...change })
}

/** A refusal that proves nothing. */
export const unproven = (status: number, code: string): HttpOutcome =>
  answerOf(status, { error: { code, message: 'no' }, server_time: 1 })

export const failed = (reason: 'refused' | 'timed_out' | 'unreachable' | 'broken'): HttpOutcome => ({
  kind: 'failed',
  reason,
  message: `it was ${reason}`,
})
