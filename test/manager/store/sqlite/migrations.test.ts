import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { encodeReport } from '../../../../src/core/protocol/report.js'
import { readAgents } from '../../../../src/manager/reading/agents.js'
import { MIGRATIONS } from '../../../../src/manager/store/sqlite/migrations.js'
import { openSqliteStore } from '../../../../src/manager/store/sqlite/store.js'
import { createMember, NOW, reportOf } from '../../fleet.js'
import { makeTestDirectory, readContent } from '../../rig.js'
import { appendTo, candidateOf } from '../candidates.js'
import { inferAll } from '../infer-all.js'

const hel = createMember(1)
const report = reportOf(hel, { timestamp: NOW, collectedAt: NOW - 20 })

/** A database of an older schema with one report, which that version's inference has looked at. */
function makeOldDatabase(steps: number): string {
  const path = join(makeTestDirectory(), 'kattila_manager.db')
  const db = new Database(path)
  for (const step of MIGRATIONS.slice(0, steps)) db.exec(step)
  db.pragma('application_id = 0x6b617474')
  db.pragma(`user_version = ${steps}`)
  const { agentId, tick, timestamp, collectedAt } = report
  db.prepare(
    `INSERT INTO agents (agent_id, status, registered_at, last_tick, report_seq, received_at, collected_at, hostname,
       agent_version, fleet_id, boot_id, interval_s, labels, relay_path, failure_count)
     VALUES (?, 'active', ?, ?, 1, ?, ?, 'hel-1', '0.1.0', 'default', 'b001', 30, '{}', '[]', 0)`,
  ).run(agentId, NOW, tick, NOW, collectedAt)
  db.prepare(
    `INSERT INTO reports (agent_id, tick, timestamp, collected_at, received_at, hmac, relay_path, body)
     VALUES (?, ?, ?, ?, ?, 'f', '[]', ?)`,
  ).run(agentId, tick, timestamp, collectedAt, NOW, gzipSync(encodeReport(report)))
  db.exec('UPDATE inference SET through_seq = 1')
  db.close()
  return path
}

describe.each([1, 2])('a database of schema %i', (steps) => {
  test('keeps its reports and agents, and goes on with them', async () => {
    const path = makeOldDatabase(steps)
    const store = openSqliteStore(path)
    expect((await store.findReport(1))?.report).toEqual(report)
    expect(await readAgents(store, NOW)).toMatchObject([{ hostname: 'hel-1', reporting: 'reporting' }])
    await appendTo(
      store,
      candidateOf(hel, { tick: 2 }),
      candidateOf(hel, { tick: 3, collectedAt: NOW - 3_600_000 }),
    )
    await inferAll(store)
    await store.close()
    const { reports } = readContent(path)
    expect(reports?.map(({ tick, is_late, boot_id }) => [tick, is_late, boot_id])).toEqual([
      [1, 0, null],
      [2, 0, 'b001'],
      [3, 1, 'b001'],
    ])
  })

  test('files no moment again that it holds from before, when boots were not written down', async () => {
    const store = openSqliteStore(makeOldDatabase(steps))
    const again = { collectedAt: report.collectedAt, timestamp: NOW + 3_600_000 }
    expect(await appendTo(store, candidateOf(hel, { tick: 2, ...again }))).toEqual(['accepted'])
    expect(await store.readUninferred(9)).toEqual([])
    await store.close()
  })
})

test('a report is found by its agent and its moment without reading others, and so are those of an agent', () => {
  const path = join(makeTestDirectory(), 'kattila_manager.db')
  void openSqliteStore(path).close()
  const db = new Database(path)
  const planOf = (sql: string) => JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
  expect(
    planOf("SELECT 1 FROM reports WHERE agent_id = 'a' AND collected_at = 5 AND boot_id = 'b'"),
  ).toContain('reports_by_moment (agent_id=? AND collected_at=?)')
  expect(planOf("DELETE FROM reports WHERE agent_id = 'a'")).toContain('reports_by_moment (agent_id=?)')
  db.close()
})
