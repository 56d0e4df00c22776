import type { PskStore } from '../core/node/psk/store.js'
import { type DeliverPorts, deliver, type Judge } from './delivery/deliver.js'
import { judgeAnswer, type Outcome } from './delivery/outcome.js'
import type { SignedReport } from './sign.js'
import type { Snapshot } from './snapshot.js'

/** How a snapshot fared: the manager has it, it refused it for good, or it must wait. */
export type Fate = 'stored' | 'refused' | 'waits'

export type SendPorts = DeliverPorts & {
  readonly psk: PskStore
  readonly sign: (snapshot: Snapshot) => Promise<SignedReport>
  /** Told every outcome of every try. */
  readonly onOutcomes: (outcomes: readonly Outcome[]) => void
}

/** What the origin of a report waits for its answer, however many hops it passes, ms. */
const BUDGET_MS = 8000

/** Refusals that no later try can mend; after any other one the snapshot waits. */
const FOR_GOOD = ['malformed', 'unsupported_version', 'invalid', 'too_large', 'replayed', 'agent_revoked']

/**
 * Signs a snapshot and brings it to a manager, directly or through relays. A refused signature makes
 * it look for a rotated secret, a stale tick take the next one; each gets one more try.
 */
export async function sendSnapshot(ports: SendPorts, snapshot: Snapshot): Promise<Fate> {
  const first = await trySending(ports, snapshot)
  if (first.some(isSignatureRefused) && (await ports.psk.refreshAfterRefusal())) {
    ports.managers.forgive()
    return fateOf(await trySending(ports, snapshot))
  }
  const last = first.at(-1)
  const isStale = last?.kind === 'rejected' && last.code === 'stale_tick'
  return fateOf(isStale ? await trySending(ports, snapshot) : first)
}

async function trySending(ports: SendPorts, snapshot: Snapshot): Promise<readonly Outcome[]> {
  const signed = await ports.sign(snapshot)
  const outcomes: Outcome[] = []
  const judge: Judge = (answer, way, sentAt) => {
    const outcome = judgeAnswer(answer, signed, { way, sentAt, answeredAt: ports.clock.now() })
    outcomes.push(outcome)
    if (outcome.kind !== 'failed') return 'final'
    return outcome.reason === 'busy' ? 'busy' : 'failed'
  }
  await deliver(ports, { envelope: signed.envelope, psk: signed.psk, budgetMs: BUDGET_MS }, judge)
  ports.onOutcomes(outcomes)
  return outcomes
}

function fateOf(outcomes: readonly Outcome[]): Fate {
  const last = outcomes.at(-1)
  if (last?.kind === 'stored') return 'stored'
  return last?.kind === 'rejected' && FOR_GOOD.includes(last.code) ? 'refused' : 'waits'
}

function isSignatureRefused(outcome: Outcome): boolean {
  return outcome.kind === 'failed' && outcome.reason === 'bad_signature'
}
