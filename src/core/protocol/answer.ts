import { z } from 'zod'
import { computeMac, isSameMac, type Psk } from './mac.js'

/** Every refusal of the manager with its HTTP status (the table of protocol section 3). */
export const REFUSAL_STATUS = {
  malformed: 400,
  unsupported_version: 400,
  bad_signature: 401,
  clock_skew: 401,
  bad_identity: 401,
  bad_hop: 401,
  agent_pending: 403,
  agent_revoked: 403,
  replayed: 409,
  stale_tick: 409,
  relay_loop: 409,
  too_many_hops: 409,
  too_large: 413,
  unsupported_encoding: 415,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
} as const

export type RefusalCode = keyof typeof REFUSAL_STATUS

/** Whether a refusal is about the way that a report came, not about the report: another way may do. */
export function isPathRefusal(code: string): boolean {
  return code === 'bad_hop' || code === 'relay_loop' || code === 'too_many_hops'
}

/** The text under the MAC of an answer: `outcome` is the status, or the error code of a refusal. */
function ackContent(agentId: string, nonce: string, outcome: string, serverTime: number): string {
  return `${agentId}\n${nonce}\n${outcome}\n${serverTime}`
}

/** The authenticated part of an answer, made with the key that the report was verified with. */
export function proveAnswer(psk: Psk, agentId: string, nonce: string, outcome: string, serverTime: number) {
  return {
    agent_id: agentId,
    nonce,
    mac: computeMac(psk, 'ack', ackContent(agentId, nonce, outcome, serverTime)),
  }
}

const answerSchema = z.object({
  status: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string().optional() }).optional(),
  agent_id: z.string(),
  nonce: z.string(),
  server_time: z.int(),
  mac: z.string(),
})

/** An answer that is proved to come from a holder of the fleet secret, about this very report. */
export type ProvenAnswer = {
  /** `ok`, `duplicate`, or the code of a refusal. */
  readonly outcome: string
  readonly message: string | undefined
  /** The manager's clock when it answered, ms. */
  readonly serverTime: number
}

/**
 * Reads the manager's answer to a report; undefined when its `mac` is missing or wrong, so that
 * nobody on the way can fake an acknowledgement or a rejection (protocol section 3).
 */
export function decodeAnswer(
  body: string,
  psk: Psk,
  agentId: string,
  nonce: string,
): ProvenAnswer | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  const parsed = answerSchema.safeParse(value)
  if (!parsed.success) return undefined
  const { status, error, server_time: serverTime, mac, ...about } = parsed.data
  const outcome = error?.code ?? status
  if (outcome === undefined || about.agent_id !== agentId || about.nonce !== nonce) return undefined
  const expected = computeMac(psk, 'ack', ackContent(agentId, nonce, outcome, serverTime))
  return isSameMac(expected, mac) ? { outcome, message: error?.message, serverTime } : undefined
}
