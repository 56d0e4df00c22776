import type { PskStore } from '../core/node/psk/store.js'
import { type DeliverPorts, deliver, type Judge } from './delivery/deliver.js'
import { judgeAnswer, type Outcome } from './delivery/outcome.js'
import type { SignedReport } from './sign.js'
import type { Snapshot } from './snapshot.js'

/** How a snapshot fared: the manager has it, it refused it for good, or it must wait. */
export type Fate = 'stored' | 'refused' | 'waits'

export type SendPorts = DeliverPorts & {
  readonly psk: Pick<PskStore, 'refreshAfterRefusal'>
  readonly sign: (snapshot: Snapshot) => Promise<SignedReport>
  /** Told how a snapshot fared: each way that its last signing was sent. */
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
  const outcomes = (await isWorthAnotherTry(ports, first)) ? await trySending(ports, snapshot) : first
  ports.onOutcomes(outcomes)
  return fateOf(outcomes)
}

async function isWorthAnotherTry(
  { psk, managers, relays }: SendPorts,
  outcomes: readonly Outcome[],
): Promise<boolean> {
  const last = outcomes.at(-1)
  if (outcomes.some(isSignatureRefused) && (await psk.refreshAfterRefusal())) {
    managers.forgive()
    relays.forgive()
    return last?.kind !== 'stored'
  }
  return last?.kind === 'rejected' && last.code === 'stale_tick'
}

async function trySending(ports: SendPorts, snapshot: Snapshot): Promise<readonly Outcome[]> {
  const signed = await ports.sign(snapshot)
  const outcomes: Outcome[] = []
  const judge: Judge = (answer, way, sentAt) => {
    const outcome = judgeAnswer(answer, signed, { way, sentAt, answeredAt: ports.clock.now() })
    outcomes.push(outcome)
    if (outcome.kind !== 'failed') return 'final'
    if (outcome.reason !== 'busy') return 'failed'
    // Any other relay would only lead to the same manager.
    return way.kind === 'direct' ? 'busy' : 'final'
  }
  await deliver(ports, { envelope: signed.envelope, psk: signed.psk, budgetMs: BUDGET_MS }, judge)
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
