import type { RefusalCode } from './answer.js'
import type { Envelope } from './envelope.js'
import { judgePath } from './hop.js'
import { isLowOrder, isSignedBy } from './identity.js'
import { judgeReplay } from './replay.js'
import type { Registration, Report } from './report.js'
import type { Admission, Authentic, Check, Member, Proof, Refusal, Verdict } from './verdict.js'

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

  const path = judgePath(envelope, admission)
  if (path) return refuse('relay_path', path.code, path.message)

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
 * The same for a registration, which needs no memory: who asks is proved by the key, and it is
 * idempotent, so that no nonce is remembered (protocol section 4).
 */
export function admitRegistration(
  { envelope, content, psk }: Authentic<Registration>,
  admission: Admission,
): { readonly kind: 'admitted'; readonly publicKey: string | null } | Refusal {
  const proof: Proof = { psk, agentId: content.agentId ?? '', nonce: content.nonce }
  const refuse = (check: Check, code: RefusalCode, message: string): Refusal => ({
    kind: 'refused',
    check,
    code,
    message,
    proof,
  })
  const identity = judgeIdentity(envelope, content.publicKey ?? null, null)
  if (identity.kind === 'bad') return refuse('identity', 'bad_identity', identity.message)
  if (content.agentId === null && identity.pins === null)
    return refuse('identity', 'bad_identity', 'an id is only issued to a registration that is signed')
  const path = judgePath(envelope, admission)
  if (path) return refuse('relay_path', path.code, path.message)
  return { kind: 'admitted', publicKey: identity.pins }
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
