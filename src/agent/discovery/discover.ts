import { MAX_PROBES, PARALLEL_PROBES, PROBE_TIMEOUT_MS } from '../../core/protocol/constants.js'
import { compareBy } from '../order.js'
import { type Answered, type ProbePorts, probe } from './probe.js'

/** An agent that was found, at the nearest of its addresses. */
export type DiscoveredAgent = Answered & {
  /** Where it answered too, nearest first. */
  readonly otherAddresses: readonly string[]
}

export type DiscoveryProgress = {
  readonly probed: number
  readonly total: number
  /** Answers of agents; one that has several addresses counts several times. */
  readonly answered: number
}

export type DiscoveryOptions = {
  readonly port: number
  /** The agent that is left out of the result: the one that asks. */
  readonly ownId?: string | undefined
  readonly timeoutMs?: number
  readonly parallel?: number
  /** When it aborts no probe is begun any more, and what was found until then is the result. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: DiscoveryProgress) => void
}

/** Asks the first `MAX_PROBES` candidates which agent they are; each agent once, in the order of the candidates. Never rejects. */
export async function discoverAgents(
  ports: ProbePorts,
  candidates: readonly string[],
  options: DiscoveryOptions,
): Promise<readonly DiscoveredAgent[]> {
  const {
    port,
    ownId,
    timeoutMs = PROBE_TIMEOUT_MS,
    parallel = PARALLEL_PROBES,
    signal,
    onProgress,
  } = options
  const addresses = candidates.slice(0, MAX_PROBES)
  const answers: (Answered | undefined)[] = addresses.map(() => undefined)
  const progress = { probed: 0, total: addresses.length, answered: 0 }
  const waiting = addresses.entries()

  // The workers share one iterator: each takes the next address when it is done with its last.
  const work = async (): Promise<void> => {
    for (const [i, address] of waiting) {
      if (signal?.aborted) return
      const answer = await probe(ports, address, port, timeoutMs)
      answers[i] = answer
      progress.probed++
      if (answer) progress.answered++
      onProgress?.({ ...progress })
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return mergeAnswers(answers.filter((one) => one !== undefined).filter((one) => one.agentId !== ownId))
}

function mergeAnswers(answers: readonly Answered[]): readonly DiscoveredAgent[] {
  return [...Map.groupBy(answers, (answer) => answer.agentId).values()].flatMap((ofOne) => {
    const [nearest, ...others] = ofOne.toSorted(compareBy((answer) => answer.rttMs))
    return nearest ? [{ ...nearest, otherAddresses: others.map((answer) => answer.address) }] : []
  })
}
