import type { Clock } from '../core/clock.js'
import type { HttpClient, HttpOutcome } from '../core/node/http.js'
import { decodeAnswer } from '../core/protocol/answer.js'
import type { Envelope } from '../core/protocol/envelope.js'
import { formatHop, HOP_HEADER } from '../core/protocol/hop.js'
import type { Psk } from '../core/protocol/mac.js'

/** How one try to bring a report to one manager ended. */
export type PushOutcome =
  /** The manager has it, on disk. `clockOffsetMs` is its clock minus ours, `rttMs` the round trip. */
  | { readonly kind: 'stored'; readonly url: string; readonly clockOffsetMs: number; readonly rttMs: number }
  /** The manager, proven, refused it for good. */
  | {
      readonly kind: 'rejected'
      readonly url: string
      readonly code: string
      readonly message: string
      readonly clockOffsetMs: number
    }
  | { readonly kind: 'failed'; readonly url: string; readonly reason: FailedReason; readonly message: string }

/** `bad_signature` and `unproven` are answers that prove nothing: the report may go another way. */
type FailedReason = Extract<HttpOutcome, { kind: 'failed' }>['reason'] | 'bad_signature' | 'busy' | 'unproven'

/** A manager that does not answer within this has failed, ms. */
const TIMEOUT_MS = 5000

export type PushPorts = { readonly http: HttpClient; readonly clock: Clock }

/** Sends a signed envelope to the managers in their order, until one, proven, stores or rejects it. */
export async function push(
  { http, clock }: PushPorts,
  managerUrls: readonly string[],
  envelope: Envelope,
  nonce: string,
  psk: Psk,
): Promise<readonly PushOutcome[]> {
  const agentId = envelope.agent_id ?? ''
  const outcomes: PushOutcome[] = []
  for (const url of managerUrls) {
    const sentAt = clock.now()
    const answer = await http.send({
      method: 'POST',
      url: `${url}/status/updates`,
      headers: { [HOP_HEADER]: formatHop(psk, agentId, sentAt, envelope) },
      body: JSON.stringify(envelope),
      timeoutMs: TIMEOUT_MS,
    })
    const outcome = judgeAnswer(answer, { url, agentId, nonce, psk, sentAt, answeredAt: clock.now() })
    outcomes.push(outcome)
    if (outcome.kind !== 'failed') break
  }
  return outcomes
}

type Asked = { url: string; agentId: string; nonce: string; psk: Psk; sentAt: number; answeredAt: number }

/** What an answer proves: only one with the right `mac` is believed (protocol section 3). */
function judgeAnswer(
  answer: HttpOutcome,
  { url, agentId, nonce, psk, sentAt, answeredAt }: Asked,
): PushOutcome {
  if (answer.kind === 'failed') return { kind: 'failed', url, reason: answer.reason, message: answer.message }
  const proven = decodeAnswer(answer.body, psk, agentId, nonce)
  if (!proven) {
    const reason =
      answer.status === 429 || answer.status === 503
        ? 'busy'
        : isSignatureRefusal(answer)
          ? 'bad_signature'
          : 'unproven'
    return {
      kind: 'failed',
      url,
      reason,
      message: `status ${answer.status} without proof of the fleet secret`,
    }
  }
  const clockOffsetMs = Math.round(proven.serverTime - (sentAt + answeredAt) / 2)
  if (proven.outcome === 'ok' || proven.outcome === 'duplicate')
    return { kind: 'stored', url, clockOffsetMs, rttMs: answeredAt - sentAt }
  if (proven.outcome === 'unavailable' || proven.outcome === 'rate_limited') {
    return { kind: 'failed', url, reason: 'busy', message: proven.message ?? proven.outcome }
  }
  return { kind: 'rejected', url, code: proven.outcome, message: proven.message ?? '', clockOffsetMs }
}

function isSignatureRefusal({ status, body }: { status: number; body: string }): boolean {
  return status === 401 && body.includes('"bad_signature"')
}
