import type { HttpOutcome } from '../../core/node/http.js'
import { decodeAnswer } from '../../core/protocol/answer.js'
import { type DeliverPorts, deliver, type Judge, type Parcel } from './deliver.js'

/**
 * Brings another agent's report to a manager and gives the manager's answer as it is: proven for the
 * origin, or, straight from a manager, a refusal that cannot be proven. Undefined when there is no way.
 */
export function forward(ports: DeliverPorts, parcel: Parcel): Promise<HttpOutcome | undefined> {
  const nonce = readNonce(parcel.envelope.data)
  const judge: Judge = (answer, way) => {
    if (answer.kind === 'failed') return 'failed'
    if (answer.status === 429 || answer.status === 503) return 'busy'
    if (decodeAnswer(answer.body, parcel.psk, parcel.envelope.agent_id ?? '', nonce)) return 'final'
    return way.kind === 'direct' && answer.status < 500 ? 'final' : 'failed'
  }
  return deliver(ports, parcel, judge)
}

/** The nonce that the answer must prove; empty where a manager would not find one either. */
function readNonce(data: string): string {
  try {
    const parsed: unknown = JSON.parse(data)
    return typeof parsed === 'object' && parsed !== null && 'nonce' in parsed ? String(parsed.nonce) : ''
  } catch {
    return ''
  }
}
