import type { HttpOutcome } from '../../core/node/http.js'
import { decodeAnswer, isPathRefusal } from '../../core/protocol/answer.js'
import type { SignedReport } from '../sign.js'
import type { Way } from './deliver.js'

/** How one try to bring a report of this agent to a manager ended. `way` leads to the manager or a relay. */
export type Outcome =
  /** The manager has it, on disk. `clockOffsetMs` is its clock minus ours, `rttMs` the round trip. */
  | { readonly kind: 'stored'; readonly way: Way; readonly clockOffsetMs: number; readonly rttMs: number }
  /** The manager, proven, refused it. */
  | {
      readonly kind: 'rejected'
      readonly way: Way
      readonly code: string
      readonly message: string
      readonly clockOffsetMs: number
    }
  | { readonly kind: 'failed'; readonly way: Way; readonly reason: FailedReason; readonly message: string }

/**
 * `bad_signature` and `unproven` are answers that prove nothing, `bad_path` is what a relay did to
 * the path: the report may go another way. `busy` is the manager, `relay_busy` a relay alone.
 */
type FailedReason =
  | Extract<HttpOutcome, { kind: 'failed' }>['reason']
  | ('bad_signature' | 'bad_path' | 'busy' | 'relay_busy' | 'unproven')

/** What an answer proves: only one with the right `mac` is believed (protocol section 3). Times in ms. */
export function judgeAnswer(
  answer: HttpOutcome,
  { report, psk }: Pick<SignedReport, 'report' | 'psk'>,
  { way, sentAt, answeredAt }: { readonly way: Way; readonly sentAt: number; readonly answeredAt: number },
): Outcome {
  if (answer.kind === 'failed') return { kind: 'failed', way, reason: answer.reason, message: answer.message }
  const proven = decodeAnswer(answer.body, psk, report.agentId, report.nonce)
  if (!proven) {
    const message = `status ${answer.status} without proof of the fleet secret`
    return { kind: 'failed', way, reason: unprovenReason(answer, way), message }
  }
  const clockOffsetMs = Math.round(proven.serverTime - (sentAt + answeredAt) / 2)
  if (proven.outcome === 'ok' || proven.outcome === 'duplicate')
    return { kind: 'stored', way, clockOffsetMs, rttMs: answeredAt - sentAt }
  if (proven.outcome === 'unavailable' || proven.outcome === 'rate_limited')
    return { kind: 'failed', way, reason: 'busy', message: proven.message ?? proven.outcome }
  if (way.kind === 'relay' && isPathRefusal(proven.outcome))
    return { kind: 'failed', way, reason: 'bad_path', message: proven.message ?? proven.outcome }
  return { kind: 'rejected', way, code: proven.outcome, message: proven.message ?? '', clockOffsetMs }
}

function unprovenReason({ status, body }: { status: number; body: string }, way: Way): FailedReason {
  if (status === 429 || status === 503) return way.kind === 'direct' ? 'busy' : 'relay_busy'
  return status === 401 && body.includes('"bad_signature"') ? 'bad_signature' : 'unproven'
}
