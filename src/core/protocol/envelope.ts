import { z } from 'zod'
import { MAX_BODY_BYTES, PROTOCOL_VERSION } from './constants.js'
import { type Identity, signData } from './identity.js'
import { computeMac, type Psk } from './mac.js'
import { formatPath } from './report.js'

/** What travels: signed bytes in `data`, and what is needed to check them (protocol section 1). */
export type Envelope = {
  readonly v: 1
  readonly type: 'report' | 'register'
  /** Routes only; must equal `data.agent_id`. Null in a registration that asks for an id. */
  readonly agent_id: string | null
  /** JSON text. Its exact UTF-8 bytes are what was signed; nobody re-serialises them. */
  readonly data: string
  readonly hmac: string
  readonly sig?: string | undefined
  /** The agents that forwarded it, first relay first; the only part that changes on the way. */
  readonly relay_path: readonly string[]
}

const id = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 lower-case hex digits')

const envelopeSchema = z.object({
  v: z.literal(PROTOCOL_VERSION),
  type: z.enum(['report', 'register']),
  agent_id: id.nullable(),
  data: z
    .string()
    .refine((text) => text.isWellFormed(), 'holds a lone surrogate, which has no UTF-8 bytes to sign'),
  hmac: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'),
  sig: z.string().nullish(),
  relay_path: z.array(id),
})

export type EnvelopeFault = {
  readonly kind: 'fault'
  readonly check: 'size' | 'shape'
  readonly code: 'too_large' | 'malformed' | 'unsupported_version'
  readonly message: string
}

/**
 * Decodes the bytes of one envelope: size, then shape (protocol section 3). The text of `data` is
 * taken as it is and not looked into.
 */
export function decodeEnvelope(bytes: Uint8Array): { kind: 'envelope'; envelope: Envelope } | EnvelopeFault {
  if (bytes.length > MAX_BODY_BYTES) {
    return fault('size', 'too_large', `the envelope has ${bytes.length} bytes, more than ${MAX_BODY_BYTES}`)
  }
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return fault('shape', 'malformed', 'the envelope is not JSON in UTF-8')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fault('shape', 'malformed', 'the envelope is not a JSON object')
  }
  if ('v' in value && Number.isInteger(value.v) && value.v !== PROTOCOL_VERSION) {
    return fault(
      'shape',
      'unsupported_version',
      `protocol version ${value.v} is not spoken here, only ${PROTOCOL_VERSION}`,
    )
  }
  const parsed = envelopeSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return fault(
      'shape',
      'malformed',
      `${formatPath(issue?.path ?? []) || 'the envelope'}: ${issue?.message ?? 'invalid'}`,
    )
  }
  const { sig, ...rest } = parsed.data
  return { kind: 'envelope', envelope: typeof sig === 'string' ? { ...rest, sig } : rest }
}

function fault(check: EnvelopeFault['check'], code: EnvelopeFault['code'], message: string): EnvelopeFault {
  return { kind: 'fault', check, code, message }
}

/** Builds and signs the envelope of `data`, with the fleet's secret and the agent's own key. */
export function signEnvelope(
  type: Envelope['type'],
  agentId: string | null,
  data: string,
  psk: Psk,
  identity: Identity,
): Envelope {
  return {
    v: PROTOCOL_VERSION,
    type,
    agent_id: agentId,
    data,
    hmac: computeMac(psk, type, data),
    sig: signData(identity, type, data),
    relay_path: [],
  }
}
