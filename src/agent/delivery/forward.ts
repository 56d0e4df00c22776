import type { HttpOutcome } from '../../core/node/http.js'
import { decodeAnswer, isPathRefusal, type ProvenAnswer } from '../../core/protocol/answer.js'
import { type DeliverPorts, deliver, type Judge, type Judgement, type Parcel } from './deliver.js'

type Answer = Extract<HttpOutcome, { kind: 'answer' }>

/**
 * Brings another agent's report to a manager and gives the manager's answer as it is: proven for the
 * origin, or, straight from a manager, a refusal that cannot be proven. Undefined when there is no way.
 */
export async function forward(ports: DeliverPorts, parcel: Parcel): Promise<Answer | undefined> {
  const prove = createProver(parcel)
  let handedBack: Answer | undefined
  const judge: Judge = (answer, way) => {
    if (answer.kind === 'failed') return 'failed'
    const proven = prove(answer.body)
    const judgement = way.kind === 'relay' ? judgeRelay(answer, proven) : judgeManager(answer, proven)
    if (judgement !== 'failed') handedBack = answer
    return judgement
  }
  await deliver(ports, parcel, judge)
  return handedBack
}

function judgeManager({ status }: Answer, proven: ProvenAnswer | undefined): Judgement {
  if (status === 429 || status === 503) return 'busy'
  const isRefusal = status >= 400 && status < 500
  return proven && (isRefusal || status === 200) ? 'final' : isRefusal ? 'declined' : 'failed'
}

function judgeRelay({ status }: Answer, proven: ProvenAnswer | undefined): Judgement {
  const isManagers = proven && !isPathRefusal(proven.outcome) && (status === 200 || status >= 400)
  return isManagers && status < 600 ? 'final' : 'failed'
}

/**
 * Creates the check of answers to a parcel. Where a manager could not read the nonce, it proves its
 * refusal with none.
 */
function createProver({ envelope, psk }: Parcel): (body: string) => ProvenAnswer | undefined {
  const agentId = envelope.agent_id ?? ''
  const nonce = readNonce(envelope.data)
  return (body) => decodeAnswer(body, psk, agentId, nonce) ?? decodeAnswer(body, psk, agentId, '')
}

function readNonce(data: string): string {
  try {
    const parsed: unknown = JSON.parse(data)
    return typeof parsed === 'object' && parsed !== null && 'nonce' in parsed ? String(parsed.nonce) : ''
  } catch {
    return ''
  }
}
