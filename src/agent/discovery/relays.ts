import type { Relay } from '../delivery/relays.js'
import type { Sections } from '../snapshot.js'
import { listCandidates } from './candidates.js'
import { type DiscoveryOptions, discoverAgents } from './discover.js'
import type { ProbePorts } from './probe.js'

/** Asks the agents on this host's WireGuard networks for their way to a manager, and gives those that have one. */
export async function discoverRelays(
  ports: ProbePorts,
  sections: Sections,
  options: DiscoveryOptions,
): Promise<readonly Relay[]> {
  const agents = await discoverAgents(ports, listCandidates(sections).addresses, options)
  return agents.flatMap(({ agentId, url, relay, rttMs }) =>
    relay.available && relay.hops !== null ? [{ agentId, url, hops: relay.hops, rttMs }] : [],
  )
}
