import type { z } from 'zod'
import type { RefusalCode } from './answer.js'
import { CLOCK_WINDOW_MS, MAX_HOPS, MAX_NESTING } from './constants.js'
import { decodeEnvelope, type Envelope } from './envelope.js'
import { hopFault } from './hop.js'
import { isLowOrder, isSignedBy } from './identity.js'
import { findKey, type Psk } from './mac.js'
import { isNestedDeeper } from './nesting.js'
import { judgeReplay, type ReplayMemory } from './replay.js'
import { formatPath, type Registration, type Report, registerSchema, reportSchema } from './report.js'
import { fromWire } from './wire-names.js'

/** The checks of a report in the order they run; nothing later runs when an earlier one fails (protocol section 3). */
export const CHECKS = [
  'size',
  'shape',
  'mac',
  'data',
  'schema',
  'agent_id',
  'clock',
  'identity',
  'relay_path',
  'replay',
] as const
export type Check = (typeof CHECKS)[number]

/** A refusal: which check failed, the code of the protocol's table, and a sentence for people. */
export type Refusal = {
  readonly kind: 'refused'
  readonly check: Check
  readonly code: RefusalCode
  readonly message: string
  /** Where in `data` the fault lies, e.g. `wg_peers[3].endpoint`. */
  readonly path?: string
  /** Set once the MAC was verified: what a proven answer is made from. */
  readonly proof?: Proof
}

/** Whom a verdict is about and the key that verified it. `nonce` is empty where `data` holds none. */
export type Proof = { readonly psk: Psk; readonly agentId: string; readonly nonce: string }

/** An envelope of a fleet member whose content is sound and fresh; its agent is not judged yet. */
export type Authentic<T> = {
  readonly kind: 'authentic'
  readonly envelope: Envelope
  readonly content: T
  readonly psk: Psk
}

type Receiver = { readonly keys: readonly Psk[]; readonly now: number }

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

export type MemberStatus = 'active' | 'pending' | 'revoked'

/** What the receiver remembers of an agent. */
export type Member = ReplayMemory & {
  readonly status: MemberStatus | 'unknown'
  /** The pinned Ed25519 key; null while none was seen with a right signature. */
  readonly publicKey: string | null
}

export type Accepted = {
  readonly kind: 'accepted' | 'duplicate'
  readonly envelope: Envelope
  readonly report: Report
  readonly proof: Proof
  /** The key to pin from now on; null when one is pinned already, or none was proved. */
  readonly pins: string | null
}

export type Verdict = Accepted | Refusal

/** An agent that nothing is remembered of; it registers by a good report. */
export const UNKNOWN_MEMBER: Member = {
  status: 'unknown',
  publicKey: null,
  lastTick: -1,
  hmacOf: () => undefined,
}

/** What the receiver adds to an authentic report. */
export type Admission = Receiver & {
  readonly hop: string | undefined
  readonly mayRegister: boolean
}

/**
 * The second half: is it this agent, did it come by an honest path, is it new (identity → relay path
 * → replay)?
 */
export function admitReport(authentic: Authentic<Report>, member: Member, admission: Admission): Verdict {
  const { envelope, content: report, psk } = authentic
  const proof: Proof = { psk, agentId: report.agentId, nonce: report.nonce }
  const refuse = (check: Check, code: RefusalCode, message: string): Refusal => ({
    kind: 'refused',
    check,
    code,
    message,
    proof,
  })

  const identity = judgeIdentity(envelope, report.publicKey ?? null, member.publicKey)
  if (identity.kind === 'bad') return refuse('identity', 'bad_identity', identity.message)
  if (member.status === 'revoked')
    return refuse('identity', 'agent_revoked', 'this agent was revoked by an operator')
  if (member.status === 'pending' || (member.status === 'unknown' && !admission.mayRegister)) {
    return refuse('identity', 'agent_pending', 'this agent waits for the approval of an operator')
  }

  const path = envelope.relay_path
  const fault = path.length > 0 ? hopFault(envelope, admission.hop, admission.keys, admission.now) : undefined
  if (fault) return refuse('relay_path', 'bad_hop', fault)
  if (new Set([report.agentId, ...path]).size !== path.length + 1) {
    return refuse('relay_path', 'relay_loop', 'an agent stands twice in relay_path, or the origin in it')
  }
  if (path.length > MAX_HOPS)
    return refuse('relay_path', 'too_many_hops', `relay_path holds more than ${MAX_HOPS} agents`)

  const replay = judgeReplay(member, { nonce: report.nonce, hmac: envelope.hmac, tick: report.tick })
  if (replay === 'replayed')
    return refuse('replay', replay, 'this nonce was used in another envelope of this agent')
  if (replay === 'stale_tick') {
    return refuse(
      'replay',
      replay,
      `tick ${report.tick} is not greater than ${member.lastTick}, the last accepted one`,
    )
  }
  return {
    kind: replay === 'duplicate' ? 'duplicate' : 'accepted',
    envelope,
    report,
    proof,
    pins: identity.pins,
  }
}

/**
 * The identity rule (protocol section 3): `pins` is the key to pin, if the envelope proves one and
 * none is pinned yet. A signature that is present must be right even before a key is pinned.
 */
export function judgeIdentity(
  envelope: Envelope,
  claimed: string | null,
  pinned: string | null,
): { kind: 'good'; pins: string | null } | { kind: 'bad'; message: string } {
  const bad = (message: string) => ({ kind: 'bad' as const, message })
  if (claimed !== null && isLowOrder(claimed))
    return bad('public_key is a point of low order, under which signatures prove nothing')
  if (pinned !== null && claimed !== null && claimed !== pinned)
    return bad('public_key is not the key pinned for this agent')
  const key = pinned ?? claimed
  if (envelope.sig === undefined) {
    return pinned === null
      ? { kind: 'good', pins: null }
      : bad('sig is missing, and this agent has a pinned key')
  }
  if (key === null) return bad('sig is present, but data carries no public_key to check it with')
  if (!isSignedBy(key, envelope.type, envelope.data, envelope.sig))
    return bad('sig is not a signature of data by the agent’s key')
  return { kind: 'good', pins: pinned === null ? key : null }
}

/** Verification as one function: from the received bytes to a verdict, with what the receiver remembers. */
export function verifyReport(
  bytes: Uint8Array,
  admission: Admission,
  findMember: (agentId: string) => Member,
): Verdict {
  const authentic = authenticateReport(bytes, admission)
  return authentic.kind === 'refused'
    ? authentic
    : admitReport(authentic, findMember(authentic.content.agentId), admission)
}
