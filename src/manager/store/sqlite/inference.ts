import type Database from 'better-sqlite3'
import type { AgentFacts, Change, EdgeFacts, InterfaceFacts } from '../../inference/change.js'

type InterfaceRow = {
  readonly agent_id: string
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly mtu: number | null
  readonly mac: string | null
  readonly addresses: string
  readonly wg_public_key: string | null
  readonly changed_at: number
}

/** What a store does with what inference derives. To be called inside a transaction where it writes. */
export function createInferenceStatements(db: Database.Database) {
  const throughSeq = db.prepare<[], number>('SELECT through_seq FROM inference').pluck()
  const advance = db.prepare('UPDATE inference SET through_seq = ?')
  const updateAgent = db.prepare(
    `UPDATE agents SET report_seq = ?, received_at = ?, collected_at = ?, measured_at = ?, hostname = ?, agent_version = ?, fleet_id = ?,
       boot_id = ?, interval_s = ?, labels = ?, relay_path = ?, interface_count = ?, wg_peer_count = ?, failure_count = ?
     WHERE agent_id = ?`,
  )
  // Its agent may have been reset since the report was read; then there is nothing to keep.
  const upsertInterface = db.prepare(
    `INSERT OR REPLACE INTO agent_interfaces (agent_id, name, kind, state, mtu, mac, addresses, wg_public_key, changed_at)
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM agents WHERE agent_id = ?)`,
  )
  const deleteInterface = db.prepare('DELETE FROM agent_interfaces WHERE agent_id = ? AND name = ?')
  const upsertEdge = db.prepare(
    `INSERT INTO topology_edges (layer, from_node, to_node, evidence, first_seen_at, last_seen_at)
     SELECT ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM agents WHERE agent_id = ?)
     ON CONFLICT DO UPDATE SET evidence = excluded.evidence, last_seen_at = max(last_seen_at, excluded.last_seen_at)`,
  )
  const allInterfaces = db.prepare<[], InterfaceRow>('SELECT * FROM agent_interfaces')

  const commitAgent = (facts: AgentFacts) =>
    updateAgent.run(
      facts.reportSeq,
      facts.receivedAt,
      facts.collectedAt,
      facts.measuredAt,
      facts.hostname,
      facts.agentVersion,
      facts.fleetId,
      facts.bootId,
      facts.intervalS,
      JSON.stringify(facts.labels),
      JSON.stringify(facts.relayPath),
      facts.interfaceCount,
      facts.wgPeerCount,
      facts.failureCount,
      facts.agentId,
    )

  const commitInterface = (facts: InterfaceFacts) =>
    upsertInterface.run(
      facts.agentId,
      facts.name,
      facts.kind,
      facts.state,
      facts.mtu,
      facts.mac,
      JSON.stringify(facts.addresses),
      facts.wgPublicKey,
      facts.changedAt,
      facts.agentId,
    )

  const commitEdge = ({ layer, from, to, seenAt, evidence }: EdgeFacts) =>
    upsertEdge.run(layer, from, to, JSON.stringify(evidence), seenAt, seenAt, evidence.origin)

  return {
    throughSeq: () => throughSeq.get() ?? 0,
    loadInterfaces: (): readonly InterfaceFacts[] => allInterfaces.all().map(toInterfaceFacts),
    commit: (changes: readonly Change[], through: number): void => {
      for (const change of changes) {
        switch (change.kind) {
          case 'agent':
            commitAgent(change.facts)
            break
          case 'interface':
            commitInterface(change.facts)
            break
          case 'interface_gone':
            deleteInterface.run(change.agentId, change.name)
            break
          case 'edge':
            commitEdge(change.facts)
        }
      }
      advance.run(through)
    },
  }
}

function toInterfaceFacts(row: InterfaceRow): InterfaceFacts {
  return {
    agentId: row.agent_id,
    name: row.name,
    kind: row.kind,
    state: row.state,
    mtu: row.mtu,
    mac: row.mac,
    addresses: JSON.parse(row.addresses),
    wgPublicKey: row.wg_public_key,
    changedAt: row.changed_at,
  }
}
