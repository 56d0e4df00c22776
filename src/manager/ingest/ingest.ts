import type { Clock } from '../../core/clock.js'
import { reasonOf } from '../../core/error.js'
import type { Log } from '../../core/log.js'
import type { PskStore } from '../../core/node/psk/store.js'
import { admitRegistration, admitReport } from '../../core/protocol/admit.js'
import type { RefusalCode } from '../../core/protocol/answer.js'
import { authenticateRegistration, authenticateReport } from '../../core/protocol/authenticate.js'
import type { Report } from '../../core/protocol/report.js'
import type { Authentic, Member, Proof, Refusal, Verdict } from '../../core/protocol/verdict.js'
import type { Candidate, RegisterOutcome, Store } from '../store/port.js'
import { createGroupCommit } from './group-commit.js'

/** Reports in one transaction, and reports that may wait for one. */
const MAX_GROUP = 256
const MAX_WAITING = 2048

/** A refusal that says nothing about the report itself: it may come again later. */
type Deferral = {
  readonly kind: 'refused'
  readonly code: Extract<RefusalCode, 'rate_limited' | 'unavailable'>
  readonly message: string
  readonly proof: Proof
}

type Registered = { readonly kind: 'registered'; readonly status: string; readonly proof: Proof }

export type Ingest = {
  /** From the received bytes to an answerable verdict; an accepted report is on disk when it resolves. */
  readonly report: (bytes: Uint8Array, hop: string | undefined) => Promise<Verdict | Deferral>
  readonly register: (bytes: Uint8Array, hop: string | undefined) => Promise<Registered | Refusal | Deferral>
  /** Resolves when every report that came in has its answer. */
  readonly drain: () => Promise<void>
}

export type IngestPorts = {
  readonly store: Store
  readonly psk: PskStore
  readonly clock: Clock
  readonly log: Log
  /** Called after each commit that appended something. */
  readonly onAppended: () => void
}

/** Opens ingest: verifies and appends, at the cost of one report each. */
export function openIngest(
  { store, psk, clock, log, onAppended }: IngestPorts,
  config: { readonly requiresApproval: boolean },
): Ingest {
  const mayRegister = !config.requiresApproval
  let isStoreFailing = false

  const judge = ({ authentic, hop, receivedAt }: Candidate, member: Member) =>
    admitReport(authentic, member, { keys: psk.accepted(), now: receivedAt, hop, mayRegister })

  const commits = createGroupCommit<Candidate, Verdict>(
    async (candidates) => {
      const verdicts = await store.append(candidates, judge)
      if (verdicts.some((verdict) => verdict.kind === 'accepted')) onAppended()
      return verdicts
    },
    { maxGroup: MAX_GROUP, maxWaiting: MAX_WAITING },
  )

  const defer = (code: Deferral['code'], message: string, proof: Proof): Deferral => ({
    kind: 'refused',
    code,
    message,
    proof,
  })
  const guardStore = async <T>(work: Promise<T>, proof: Proof): Promise<T | Deferral> => {
    try {
      const result = await work
      if (isStoreFailing) log.info({}, 'the store commits again')
      isStoreFailing = false
      return result
    } catch (thrown) {
      if (!isStoreFailing)
        log.error({ reason: reasonOf(thrown) }, 'the store cannot commit; reports are answered unavailable')
      isStoreFailing = true
      return defer('unavailable', 'the store cannot commit now; send it again later', proof)
    }
  }
  const lookForNewSecret = (refusal: Refusal) => {
    if (refusal.code === 'bad_signature') void psk.refreshAfterRefusal()
  }

  return {
    report: async (bytes, hop) => {
      const now = clock.now()
      const authentic = authenticateReport(bytes, { keys: psk.accepted(), now })
      if (authentic.kind === 'refused') {
        lookForNewSecret(authentic)
        return authentic
      }
      const proof: Proof = {
        psk: authentic.psk,
        agentId: authentic.content.agentId,
        nonce: authentic.content.nonce,
      }
      const submitted = commits.submit({ authentic, hop, receivedAt: now })
      if (!submitted)
        return defer('rate_limited', `${MAX_WAITING} reports wait already; send it again later`, proof)
      const verdict = await guardStore(submitted, proof)
      if (verdict.kind === 'refused' && verdict.code === 'agent_pending') await notePending(authentic)
      return verdict
    },
    register: async (bytes, hop) => {
      const now = clock.now()
      const authentic = authenticateRegistration(bytes, { keys: psk.accepted(), now })
      if (authentic.kind === 'refused') {
        lookForNewSecret(authentic)
        return authentic
      }
      const admitted = admitRegistration(authentic, { keys: psk.accepted(), now, hop, mayRegister })
      if (admitted.kind === 'refused') return admitted
      const { agentId, nonce } = authentic.content
      const proof: Proof = { psk: authentic.psk, agentId: agentId ?? '', nonce }
      const newStatus = mayRegister ? 'active' : 'pending'
      const asked = { agentId, publicKey: admitted.publicKey, newStatus, at: now } as const
      const outcome = await guardStore(store.register(asked), proof)
      return outcome.kind === 'refused' ? outcome : judgeOutcome(outcome, proof)
    },
    drain: commits.drain,
  }

  /** An unknown agent that reports while approval is required becomes visible to operators as pending. */
  async function notePending({ envelope, content, psk: key }: Authentic<Report>): Promise<void> {
    const publicKey = envelope.sig === undefined ? null : (content.publicKey ?? null)
    const registrant = { agentId: content.agentId, publicKey, newStatus: 'pending', at: clock.now() } as const
    await guardStore(store.register(registrant), { psk: key, agentId: content.agentId, nonce: content.nonce })
  }
}

function judgeOutcome(outcome: RegisterOutcome, proof: Proof): Registered | Refusal {
  if (outcome.kind === 'other_key')
    return refuseAgent('bad_identity', 'another key is pinned for this agent', proof)
  if (outcome.status === 'revoked')
    return refuseAgent('agent_revoked', 'this agent was revoked by an operator', proof)
  return { kind: 'registered', status: outcome.status, proof: { ...proof, agentId: outcome.agentId } }
}

function refuseAgent(code: RefusalCode, message: string, proof: Proof): Refusal {
  return { kind: 'refused', check: 'identity', code, message, proof }
}
