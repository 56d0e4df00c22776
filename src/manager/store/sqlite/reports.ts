import { gunzipSync, gzipSync } from 'node:zlib'
import type Database from 'better-sqlite3'
import { mayForgetNonce } from '../../../core/protocol/replay.js'
import { type Report, reportSchema } from '../../../core/protocol/report.js'
import { type Accepted, type Member, UNKNOWN_MEMBER, type Verdict } from '../../../core/protocol/verdict.js'
import { isLate, mayBeSignedAgain } from '../../../core/protocol/waiting.js'
import { fromWire } from '../../../core/protocol/wire-names.js'
import type { Candidate, StoredReport } from '../port.js'
import type { AgentStatements } from './agents.js'

type ReportRow = {
  readonly seq: number
  readonly received_at: number
  readonly relay_path: string
  readonly body: Buffer
}

/** What a store does with reports and their replay records. To be called inside a transaction where it writes. */
export function createReportStatements(db: Database.Database, agents: AgentStatements) {
  const insert = db.prepare(
    `INSERT INTO reports (agent_id, tick, timestamp, collected_at, received_at, hmac, sig, relay_path, body, is_late, boot_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  // A boot that is not known counts as the same: an upgrade is when answers are lost, and two boots
  // that measured in the same millisecond are not a thing that happens.
  const byMoment = db.prepare<[string, number, string]>(
    'SELECT 1 FROM reports WHERE agent_id = ? AND collected_at = ? AND (boot_id = ? OR boot_id IS NULL)',
  )
  const advance = db.prepare('UPDATE agents SET last_tick = ? WHERE agent_id = ?')
  const bySeq = db.prepare<[number], ReportRow>(
    'SELECT seq, received_at, relay_path, body FROM reports WHERE seq = ?',
  )
  const afterSeq = db.prepare<[number, number], ReportRow>(
    'SELECT seq, received_at, relay_path, body FROM reports WHERE seq > ? ORDER BY seq LIMIT ?',
  )
  const nonces = createNonceStatements(db)

  const memberOf = (agentId: string): Member => {
    const row = agents.row(agentId)
    const hmacOf = (nonce: string) => nonces.hmacOf(agentId, nonce)
    return row
      ? { status: row.status, publicKey: row.public_key, lastTick: row.last_tick, hmacOf }
      : { ...UNKNOWN_MEMBER, hmacOf }
  }

  const keep = ({ envelope, report, pins }: Accepted, receivedAt: number): void => {
    const { agentId, tick } = report
    if (!agents.row(agentId)) agents.insert(agentId, 'active', pins, receivedAt)
    else if (pins !== null) agents.pin(agentId, pins)
    advance.run(tick, agentId)
    nonces.remember(agentId, report.nonce, envelope.hmac, receivedAt)
    if (mayBeSignedAgain(report) && byMoment.get(agentId, report.collectedAt, report.bootId)) return
    insert.run(
      agentId,
      tick,
      report.timestamp,
      report.collectedAt,
      receivedAt,
      envelope.hmac,
      envelope.sig ?? null,
      JSON.stringify(envelope.relay_path),
      gzipSync(envelope.data, { level: 1 }),
      isLate(report) ? 1 : 0,
      report.bootId,
    )
  }

  return {
    append: (
      candidates: readonly Candidate[],
      judge: (candidate: Candidate, member: Member) => Verdict,
    ): readonly Verdict[] =>
      candidates.map((candidate) => {
        const { agentId } = candidate.authentic.content
        const verdict = judge(candidate, memberOf(agentId))
        if (verdict.kind === 'accepted') keep(verdict, candidate.receivedAt)
        return verdict
      }),
    find: (seq: number): StoredReport | undefined => {
      const row = bySeq.get(seq)
      return row && toStored(row)
    },
    readAfter: (seq: number, limit: number): readonly StoredReport[] =>
      afterSeq.all(seq, limit).map(toStored),
  }
}

function toStored(row: ReportRow): StoredReport {
  const report: Report = fromWire(reportSchema.parse(JSON.parse(gunzipSync(row.body).toString('utf8'))))
  return { seq: row.seq, receivedAt: row.received_at, relayPath: JSON.parse(row.relay_path), report }
}

function createNonceStatements(db: Database.Database) {
  const known = db
    .prepare<[string, string], string>('SELECT hmac FROM replay_nonces WHERE agent_id = ? AND nonce = ?')
    .pluck()
  const newest = db
    .prepare<[string], number | null>('SELECT max(number) FROM replay_nonces WHERE agent_id = ?')
    .pluck()
  const insert = db.prepare(
    'INSERT INTO replay_nonces (agent_id, nonce, hmac, number, seen_at) VALUES (?, ?, ?, ?, ?)',
  )
  const oldest = db.prepare<[string], { number: number; seen_at: number }>(
    'SELECT number, seen_at FROM replay_nonces WHERE agent_id = ? ORDER BY number LIMIT 2',
  )
  const forget = db.prepare('DELETE FROM replay_nonces WHERE agent_id = ? AND number = ?')
  return {
    hmacOf: (agentId: string, nonce: string) => known.get(agentId, nonce),
    /** Remembers one and forgets at most two, so that the memory shrinks again after a burst. */
    remember: (agentId: string, nonce: string, hmac: string, at: number) => {
      const number = (newest.get(agentId) ?? 0) + 1
      insert.run(agentId, nonce, hmac, number, at)
      for (const old of oldest.all(agentId)) {
        if (mayForgetNonce(number - old.number, at - old.seen_at)) forget.run(agentId, old.number)
      }
    },
  }
}
