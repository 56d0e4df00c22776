import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.js'
import { reasonOf } from '../core/error.js'
import type { Log } from '../core/log.js'
import type { HttpClient } from '../core/node/http.js'
import type { PskStore } from '../core/node/psk/store.js'
import { REPORT_JITTER } from '../core/protocol/constants.js'
import { type Envelope, signEnvelope } from '../core/protocol/envelope.js'
import type { Psk } from '../core/protocol/mac.js'
import { encodeReport, type Report } from '../core/protocol/report.js'
import { buildReport, type Reporter } from './build-report.js'
import { collectSnapshot } from './collect.js'
import { createDeliveryLog } from './delivery-log.js'
import type { Host } from './host.js'
import { type PushOutcome, push } from './push.js'
import type { AgentState } from './state.js'

export type AgentPorts = {
  readonly host: Host
  readonly clock: Clock
  readonly http: HttpClient
  readonly psk: PskStore
  readonly log: Log
  /** A number from 0 up to 1, for the jitter. */
  readonly random: () => number
}

export type AgentConfig = Omit<Reporter, 'agentId' | 'publicKey'> & {
  readonly managerUrls: readonly string[]
}

export type SignedReport = { readonly report: Report; readonly envelope: Envelope; readonly psk: Psk }

/** Collects once and signs as the given tick: the exact envelope that would be sent. Saves nothing. */
export async function signReport(
  ports: Pick<AgentPorts, 'host' | 'clock' | 'psk'>,
  state: AgentState,
  config: AgentConfig,
  tick: number,
): Promise<SignedReport> {
  const snapshot = await collectSnapshot(ports.host, ports.clock)
  const reporter = { ...config, agentId: state.agentId, publicKey: state.identity.publicKey }
  const signing = { tick, timestamp: ports.clock.now(), nonce: randomBytes(16).toString('base64url') }
  const report = buildReport(snapshot, reporter, signing)
  const psk = ports.psk.current()
  return {
    report,
    envelope: signEnvelope('report', state.agentId, encodeReport(report), psk, state.identity),
    psk,
  }
}

/**
 * Runs an agent until `signal` aborts: collect, build, sign, push, then wait out the interval with
 * jitter. A refused signature makes it look for a rotated secret, and try once more with it.
 */
export async function runAgent(
  ports: AgentPorts,
  state: AgentState,
  config: AgentConfig,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = ports
  let isTickKept = true
  const tell = createDeliveryLog(ports.log)
  let tick = state.lastTick

  const report = async (): Promise<readonly PushOutcome[]> => {
    tick++
    await keepTick()
    const { envelope, report, psk } = await signReport(ports, state, config, tick)
    return push(ports, config.managerUrls, envelope, report.nonce, psk)
  }

  /** A full disk stops no report: the tick goes on in memory. */
  const keepTick = async (): Promise<void> => {
    try {
      await state.saveTick(tick)
      isTickKept = true
    } catch (thrown) {
      if (isTickKept)
        log.warn(
          { directory: state.directory, reason: reasonOf(thrown) },
          'the tick cannot be kept on disk; after a restart the manager may find reports stale',
        )
      isTickKept = false
    }
  }

  while (!signal.aborted) {
    const startedAt = clock.now()
    let outcomes = await report()
    if (outcomes.some(isSignatureRefused) && (await ports.psk.refreshAfterRefusal()))
      outcomes = await report()
    tell(outcomes)
    const spread = 1 + REPORT_JITTER * (2 * ports.random() - 1)
    await clock.sleep(Math.max(0, startedAt + config.intervalS * 1000 * spread - clock.now()), signal)
  }
}

function isSignatureRefused(outcome: PushOutcome): boolean {
  return outcome.kind === 'failed' && outcome.reason === 'bad_signature'
}
