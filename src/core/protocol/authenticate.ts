import type { z } from 'zod'
import type { RefusalCode } from './answer.js'
import { CLOCK_WINDOW_MS, MAX_NESTING } from './constants.js'
import { decodeEnvelope, type Envelope } from './envelope.js'
import { findKey } from './mac.js'
import { isNestedDeeper } from './nesting.js'
import { formatPath, type Registration, type Report, registerSchema, reportSchema } from './report.js'
import type { Authentic, Check, Receiver, Refusal } from './verdict.js'
import { fromWire } from './wire-names.js'

/** The first half of verification, which needs no memory: from size to clock window, for a report. */
export function authenticateReport(bytes: Uint8Array, receiver: Receiver): Authentic<Report> | Refusal {
  return authenticate(bytes, receiver, 'report', reportSchema) as Authentic<Report> | Refusal
}

/** The same for a registration. */
export function authenticateRegistration(
  bytes: Uint8Array,
  receiver: Receiver,
): Authentic<Registration> | Refusal {
  return authenticate(bytes, receiver, 'register', registerSchema) as Authentic<Registration> | Refusal
}

function authenticate(
  bytes: Uint8Array,
  { keys, now }: Receiver,
  type: Envelope['type'],
  schema: typeof reportSchema | typeof registerSchema,
): Authentic<unknown> | Refusal {
  const decoded = decodeEnvelope(bytes)
  if (decoded.kind === 'fault') return { ...decoded, kind: 'refused' }
  const { envelope } = decoded
  if (envelope.type !== type || (type === 'report' && envelope.agent_id === null)) {
    const message =
      envelope.type === type ? 'agent_id: expected 32 lower-case hex digits' : `type: expected "${type}"`
    return { kind: 'refused', check: 'shape', code: 'malformed', message }
  }
  const psk = findKey(keys, type, envelope.data, envelope.hmac)
  if (!psk)
    return { kind: 'refused', check: 'mac', code: 'bad_signature', message: 'no known key makes this MAC' }

  const refuse = (check: Check, code: RefusalCode, message: string, nonce = '', path?: string): Refusal => ({
    ...{ kind: 'refused', check, code, message },
    ...(path === undefined ? {} : { path }),
    proof: { psk, agentId: envelope.agent_id ?? '', nonce },
  })
  if (isNestedDeeper(envelope.data, MAX_NESTING)) {
    return refuse('data', 'invalid', `data nests deeper than ${MAX_NESTING} levels`)
  }
  let data: unknown
  try {
    data = JSON.parse(envelope.data)
  } catch {
    return refuse('data', 'invalid', 'data is not JSON')
  }
  const parsed: z.ZodSafeParseResult<z.infer<typeof schema>> = schema.safeParse(data)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const path = formatPath(issue?.path ?? [])
    return refuse(
      'schema',
      'invalid',
      `${path || 'data'}: ${issue?.message ?? 'invalid'}`,
      readNonce(data),
      path,
    )
  }
  const content = parsed.data
  if (content.agent_id !== envelope.agent_id) {
    return refuse('agent_id', 'invalid', 'agent_id inside and outside data differ', content.nonce, 'agent_id')
  }
  if (Math.abs(now - content.timestamp) > CLOCK_WINDOW_MS) {
    const message = `timestamp is ${Math.abs(now - content.timestamp)} ms from this clock, more than ${CLOCK_WINDOW_MS}`
    return refuse('clock', 'clock_skew', message, content.nonce)
  }
  return { kind: 'authentic', envelope, content: fromWire(content), psk }
}

/** The nonce of data that broke the schema elsewhere, so that the refusal can still be proven. */
function readNonce(data: unknown): string {
  return typeof data === 'object' && data !== null && 'nonce' in data && typeof data.nonce === 'string'
    ? data.nonce
    : ''
}
