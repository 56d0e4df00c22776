import { randomBytes } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { MemberStatus } from '../../../core/protocol/verdict.js'
import type { AgentFacts } from '../../inference/change.js'
import type { Act, AgentRecord, RegisterOutcome, Registrant } from '../port.js'

/** A row of `agents`; everything from `report_seq` on is null before the first report was looked at. */
type AgentRow = {
  readonly agent_id: string
  readonly status: MemberStatus
  readonly public_key: string | null
  readonly registered_at: number
  readonly last_tick: number
  readonly report_seq: number | null
  readonly received_at: number
  readonly collected_at: number
  readonly measured_at: number | null
  readonly hostname: string
  readonly agent_version: string
  readonly fleet_id: string
  readonly boot_id: string
  readonly interval_s: number
  readonly labels: string
  readonly relay_path: string
  readonly interface_count: number | null
  readonly wg_peer_count: number | null
  readonly failure_count: number
}

/** What a store does with agents. To be called inside a transaction where it writes. */
export function createAgentStatements(db: Database.Database) {
  const byId = db.prepare<[string], AgentRow>('SELECT * FROM agents WHERE agent_id = ?')
  const byKey = db.prepare<[string], AgentRow>(
    'SELECT * FROM agents WHERE public_key = ? ORDER BY registered_at LIMIT 1',
  )
  const all = db.prepare<[], AgentRow>('SELECT * FROM agents ORDER BY hostname, agent_id')
  const insert = db.prepare(
    'INSERT INTO agents (agent_id, status, public_key, registered_at) VALUES (?, ?, ?, ?)',
  )
  const pin = db.prepare('UPDATE agents SET public_key = ? WHERE agent_id = ?')
  const updateStatus = db.prepare('UPDATE agents SET status = ? WHERE agent_id = ?')
  const audit = db.prepare('INSERT INTO audit (at, actor, act, subject) VALUES (?, ?, ?, ?)')
  const record = ({ at, actor, act, subject }: Act) => audit.run(at, actor, act, subject)

  return {
    row: (agentId: string) => byId.get(agentId),
    insert: (agentId: string, status: MemberStatus, publicKey: string | null, at: number) =>
      insert.run(agentId, status, publicKey, at),
    pin: (agentId: string, publicKey: string) => pin.run(publicKey, agentId),
    find: (agentId: string): AgentRecord | undefined => {
      const row = byId.get(agentId)
      return row && toRecord(row)
    },
    list: (): readonly AgentRecord[] => all.all().map(toRecord),

    register: ({ agentId, publicKey, newStatus, at }: Registrant): RegisterOutcome => {
      const row = agentId !== null ? byId.get(agentId) : publicKey !== null ? byKey.get(publicKey) : undefined
      if (!row) {
        const issued = agentId ?? randomBytes(16).toString('hex')
        insert.run(issued, newStatus, publicKey, at)
        return { kind: 'registered', agentId: issued, status: newStatus }
      }
      if (row.public_key !== null && row.public_key !== publicKey) return { kind: 'other_key' }
      if (row.public_key === null && publicKey !== null && row.status !== 'revoked')
        pin.run(publicKey, row.agent_id)
      return { kind: 'registered', agentId: row.agent_id, status: row.status }
    },

    setStatus: (agentId: string, status: MemberStatus, act: Act): boolean => {
      const isKnown = updateStatus.run(status, agentId).changes > 0
      if (isKnown) record(act)
      return isKnown
    },

    reset: (agentId: string | 'fleet', act: Act): number => {
      const where = agentId === 'fleet' ? '' : 'WHERE agent_id = ?'
      const subjects = agentId === 'fleet' ? [] : [agentId]
      db.prepare(`DELETE FROM reports ${where}`).run(...subjects)
      const ofAgent = agentId === 'fleet' ? '' : 'WHERE ? IN (from_node, to_node)'
      db.prepare(`DELETE FROM topology_edges ${ofAgent}`).run(...subjects)
      const forgotten = db.prepare(`DELETE FROM agents ${where}`).run(...subjects).changes
      record(act)
      return forgotten
    },
  }
}

export type AgentStatements = ReturnType<typeof createAgentStatements>

function toRecord(row: AgentRow): AgentRecord {
  return {
    agentId: row.agent_id,
    status: row.status,
    publicKey: row.public_key,
    registeredAt: row.registered_at,
    lastTick: row.last_tick,
    facts: row.report_seq === null ? null : toFacts(row, row.report_seq),
  }
}

function toFacts(row: AgentRow, reportSeq: number): AgentFacts {
  return {
    agentId: row.agent_id,
    reportSeq,
    receivedAt: row.received_at,
    collectedAt: row.collected_at,
    measuredAt: row.measured_at ?? row.received_at,
    hostname: row.hostname,
    agentVersion: row.agent_version,
    fleetId: row.fleet_id,
    bootId: row.boot_id,
    intervalS: row.interval_s,
    labels: JSON.parse(row.labels),
    relayPath: JSON.parse(row.relay_path),
    interfaceCount: row.interface_count,
    wgPeerCount: row.wg_peer_count,
    failureCount: row.failure_count,
  }
}
