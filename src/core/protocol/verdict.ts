import type { RefusalCode } from './answer.js'
import type { Envelope } from './envelope.js'
import type { Psk } from './mac.js'
import type { ReplayMemory } from './replay.js'
import type { Report } from './report.js'

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

/** The secrets that a receiver accepts, current first, and its clock, ms. */
export type Receiver = { readonly keys: readonly Psk[]; readonly now: number }

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
