import type { StoredReport } from '../store/port.js'
import { type Change, MANAGER_NODE } from './change.js'

/**
 * The way a relayed report came, as edges from its origin to the manager; a direct one shows none. A
 * late report counts like any other, for it waited before it set out: its path is of now.
 */
export function inferRelayEdges({ receivedAt, relayPath, report }: StoredReport): readonly Change[] {
  if (relayPath.length === 0) return []
  const nodes = [report.agentId, ...relayPath, MANAGER_NODE]
  const evidence = { origin: report.agentId, tick: report.tick }
  return nodes.slice(1).map((to, i) => {
    const from = nodes[i] as string
    return { kind: 'edge', facts: { layer: 'relay', from, to, seenAt: receivedAt, evidence } }
  })
}
