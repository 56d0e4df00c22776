import { MAX_HOPS } from '../../core/protocol/constants.js'

/** An agent that can bring a report to a manager. */
export type Relay = {
  readonly agentId: string
  /** Its server, e.g. `http://10.66.0.12:5087`. */
  readonly url: string
  /** Agents that a report passes after this one; 0 when it reaches a manager directly. */
  readonly hops: number
  readonly rttMs: number
}

/** The relays an agent knows of, and which to take. */
export type Relays = {
  /** Those worth trying for a report that may not pass `exclude` again, best first. */
  readonly ranked: (exclude: readonly string[]) => readonly Relay[]
  /** Replaces all by what a discovery found. */
  readonly found: (relays: readonly Relay[]) => void
  readonly succeeded: (relay: Relay) => void
  readonly failed: (relay: Relay) => void
  /** Takes back those that failed since the last discovery: the reason was ours. */
  readonly forgive: () => void
  /** The relay that the last report went through, while nothing speaks against it. */
  readonly current: () => Relay | undefined
}

/** A relay with its place among equals. */
type Known = Relay & { readonly lot: number }

/** A relay uses one of the hops itself, so that what follows it must be fewer (protocol section 5). */
const MOST_HOPS_AFTER = MAX_HOPS - 1

/**
 * Creates the list. It is ranked by what relays said of their own way to a manager, then by round
 * trip in powers of two, and spread at random among equals, so that one relay does not carry
 * everybody; a relay that works is kept as long as none is nearer to a manager.
 */
export function createRelays(random: () => number): Relays {
  let known: readonly Known[] = []
  let fallen: readonly Known[] = []
  let current: Relay | undefined
  const rank = (relay: Relay) => [
    relay.hops,
    relay.agentId === current?.agentId ? 0 : 1,
    magnitude(relay.rttMs),
  ]

  return {
    ranked: (exclude) =>
      known
        .filter((relay) => !exclude.includes(relay.agentId))
        .toSorted((a, b) => compare(rank(a), rank(b)) || a.lot - b.lot),
    found: (relays) => {
      known = relays
        .filter((relay) => relay.hops <= MOST_HOPS_AFTER)
        .map((relay) => ({ ...relay, lot: random() }))
      fallen = []
      current = known.find((relay) => relay.agentId === current?.agentId)
    },
    succeeded: (relay) => {
      current = relay
    },
    failed: (relay) => {
      fallen = [...fallen, ...known.filter((one) => one.agentId === relay.agentId)]
      known = known.filter((one) => one.agentId !== relay.agentId)
      if (current?.agentId === relay.agentId) current = undefined
    },
    forgive: () => {
      known = [...known, ...fallen]
      fallen = []
    },
    current: () => current,
  }
}

/** Round trips within a factor of two are equal. */
function magnitude(rttMs: number): number {
  return Math.floor(Math.log2(Math.max(1, rttMs)))
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, i) => value - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0
}
