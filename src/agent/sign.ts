import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.js'
import { reasonOf } from '../core/error.js'
import type { Log } from '../core/log.js'
import type { PskStore } from '../core/node/psk/store.js'
import { type Envelope, signEnvelope } from '../core/protocol/envelope.js'
import type { Psk } from '../core/protocol/mac.js'
import { encodeReport, type Report } from '../core/protocol/report.js'
import { buildReport, type Reporter } from './build-report.js'
import type { Snapshot } from './snapshot.js'
import type { AgentState } from './state.js'

export type SignedReport = { readonly report: Report; readonly envelope: Envelope; readonly psk: Psk }

/** What the agent says of itself, beside who it is. */
export type AgentFacts = Omit<Reporter, 'agentId' | 'publicKey'>

type SignPorts = { readonly clock: Clock; readonly psk: PskStore }

/** Signs a snapshot as of now and as this tick: the exact envelope to send. Saves nothing. */
export function signSnapshot(
  { clock, psk }: SignPorts,
  state: AgentState,
  facts: AgentFacts,
  snapshot: Snapshot,
  tick: number,
): SignedReport {
  const reporter = { ...facts, agentId: state.agentId, publicKey: state.identity.publicKey }
  const signing = { tick, timestamp: clock.now(), nonce: randomBytes(16).toString('base64url') }
  const report = buildReport(snapshot, reporter, signing)
  const key = psk.current()
  return {
    report,
    envelope: signEnvelope('report', state.agentId, encodeReport(report), key, state.identity),
    psk: key,
  }
}

/** Creates the signer of a daemon: every report it signs has the next tick, kept on disk before it leaves. */
export function createSigner(
  ports: SignPorts & { readonly log: Log },
  state: AgentState,
  facts: AgentFacts,
): (snapshot: Snapshot) => Promise<SignedReport> {
  let isTickKept = true
  return async (snapshot) => {
    const tick = state.lastTick + 1
    try {
      await state.saveTick(tick)
      isTickKept = true
    } catch (thrown) {
      // A full disk stops no report: the tick goes on in memory.
      if (isTickKept)
        ports.log.warn(
          { directory: state.directory, reason: reasonOf(thrown) },
          'the tick cannot be kept on disk; after a restart the manager may find reports stale',
        )
      isTickKept = false
    }
    return signSnapshot(ports, state, facts, snapshot, tick)
  }
}
