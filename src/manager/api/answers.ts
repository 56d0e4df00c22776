import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { proveAnswer, REFUSAL_STATUS, type RefusalCode } from '../../core/protocol/answer.js'
import type { Proof } from '../../core/protocol/verdict.js'

/** How long a sender is asked to wait where `Retry-After` belongs (protocol section 3), s. */
const RETRY_AFTER_S = 5

type Refused = {
  readonly code: RefusalCode
  readonly message: string
  readonly path?: string
  readonly proof?: Proof
}

/** The answer to a refused envelope: proven where its MAC was good, and without saying which key matched. */
export function answerRefusal(c: Context, { code, message, path, proof }: Refused, now: number): Response {
  if (code === 'rate_limited' || code === 'unavailable') c.header('Retry-After', String(RETRY_AFTER_S))
  const error = { code, message, ...(path === undefined ? {} : { path }) }
  const proven = proof ? proveAnswer(proof.psk, proof.agentId, proof.nonce, code, now) : {}
  return c.json({ error, server_time: now, ...proven }, REFUSAL_STATUS[code])
}

/** The proven answer to an envelope that was taken. */
export function answerTaken(
  c: Context,
  status: string,
  proof: Proof,
  now: number,
  more: Record<string, unknown> = {},
): Response {
  return c.json({
    status,
    server_time: now,
    ...proveAnswer(proof.psk, proof.agentId, proof.nonce, status, now),
    ...more,
  })
}

/** Any other failure: `{"error":{"code","message"},"server_time"}` (protocol section 3). */
export function answerError(
  c: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
  now: number,
): Response {
  return c.json({ error: { code, message }, server_time: now }, status)
}
