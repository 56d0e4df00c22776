import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { keepRetention } from '../../src/manager/retention.js'
import type { Store } from '../../src/manager/store/port.js'
import { openSqliteStore } from '../../src/manager/store/sqlite/store.js'
import { createMember, NOW, PSK } from './fleet.js'
import { createHandClock } from './hand-clock.js'
import { createLog, makeTestDirectory } from './rig.js'
import { appendTo, candidateOf } from './store/candidates.js'
import { inferAll } from './store/infer-all.js'

const HOUR = 3_600_000
const MIB = 1_048_576
const roomy = { keepMs: 24 * HOUR, maxBytes: 1024 * MIB }
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Retention over a store, run by hand until it waits for `ms`. */
function run(store: Store, config: { keepMs: number; maxBytes: number }) {
  const clock = createHandClock(NOW)
  const { log, logged } = createLog()
  const stop = new AbortController()
  const done = keepRetention(store, clock, log, config, stop.signal)
  const settle = async () => {
    for (;;) {
      while (clock.sleeping().length === 0) await turn()
      const [wait = 0] = clock.sleeping()
      if (wait >= 60_000) return
      clock.advance(wait)
      await turn()
    }
  }
  return { clock, logged, settle, stop: () => stop.abort(), done }
}

/** Many reports of many agents, without the cost of signing each one. */
function fillReports(path: string, count: number, agents: number, bodyBytes: number): void {
  const db = new Database(path)
  const insertAgent = db.prepare(
    "INSERT INTO agents (agent_id, status, registered_at, last_tick, report_seq) VALUES (?, 'active', 0, ?, NULL)",
  )
  const insert = db.prepare(
    `INSERT INTO reports (agent_id, tick, timestamp, collected_at, received_at, hmac, relay_path, body)
     VALUES (?, ?, ?, ?, ?, ?, '[]', randomblob(${bodyBytes}))`,
  )
  db.transaction(() => {
    const ids = [...Array(agents).keys()].map((i) => createMember(i).agentId)
    for (const id of ids) insertAgent.run(id, count)
    for (let i = 0; i < count; i++) {
      const at = NOW - 48 * HOUR + i
      insert.run(ids[i % agents], i, at, at, at, PSK.toString())
    }
    db.prepare('UPDATE inference SET through_seq = ?').run(count)
  })()
  db.close()
}

function openFilled(count: number, agents: number, bodyBytes: number) {
  const path = join(makeTestDirectory(), 'store.db')
  void openSqliteStore(path).close()
  fillReports(path, count, agents, bodyBytes)
  return { path, store: openSqliteStore(path) }
}

test('reports older than configured go within a minute, younger ones and what facts come from stay', async () => {
  const store = openSqliteStore(join(makeTestDirectory(), 'store.db'))
  const [hel, sto] = [createMember(1), createMember(2)]
  const at = (hoursAgo: number) => ({ receivedAt: NOW - hoursAgo * HOUR })
  await appendTo(store, candidateOf(hel, { tick: 1 }, at(30)), candidateOf(hel, { tick: 2 }, at(23.995)))
  await appendTo(store, candidateOf(hel, { tick: 3 }, at(0)), candidateOf(sto, { tick: 1 }, at(90)))
  await inferAll(store)
  const left = async () =>
    (await Promise.all([1, 2, 3, 4].map((seq) => store.findReport(seq)))).map((stored) => stored?.report.tick)

  const retention = run(store, roomy)
  await retention.settle()
  expect(await left()).toEqual([undefined, 2, 3, 1])
  retention.clock.advance(60_000)
  await retention.settle()
  expect(await left()).toEqual([undefined, undefined, 3, 1])
  retention.stop()
  await retention.done
  await store.close()
})

test('a database over its bound loses its oldest reports until it fits, and the file shrinks', async () => {
  const { path, store } = openFilled(4000, 20, 2000)
  const before = statSync(path).size
  const retention = run(store, { keepMs: 1000 * HOUR, maxBytes: 4 * MIB })
  await retention.settle()
  retention.stop()
  await retention.done
  await store.close()
  expect(before).toBeGreaterThan(9 * MIB)
  expect(statSync(path).size).toBeLessThan(4.2 * MIB)
  const db = new Database(path)
  const kept = db.prepare('SELECT seq FROM reports ORDER BY seq').pluck().all() as number[]
  expect(kept.length).toBeGreaterThan(700)
  expect(kept).toEqual(kept.map((_, i) => 4001 - kept.length + i))
  db.close()
})

test('a store that cannot prune is tried again in a minute', async () => {
  const store = openSqliteStore(join(makeTestDirectory(), 'store.db'))
  let failures = 1
  const retention = run(
    {
      ...store,
      prune: async (...given) => {
        if (failures-- > 0) throw new Error('disk full')
        return store.prune(...given)
      },
    },
    roomy,
  )
  await retention.settle()
  expect(retention.logged).toMatchObject([{ level: 'warn', fields: { reason: 'disk full' } }])
  retention.clock.advance(60_000)
  await retention.settle()
  expect(retention.logged).toHaveLength(1)
  retention.stop()
  await retention.done
  await store.close()
})

test('it stops at once when it is told to', async () => {
  const store = openSqliteStore(join(makeTestDirectory(), 'store.db'))
  const retention = run(store, roomy)
  retention.stop()
  await retention.done
  expect(retention.clock.sleeping()).toEqual([])
  await store.close()
})

test('reports are committed in a few ms while 20,000 old ones are pruned', async () => {
  const { store } = openFilled(20_000, 100, 1000)
  const retention = run(store, roomy)
  let isPruned = false
  const pruning = retention.settle().then(() => {
    isPruned = true
  })
  const tookMs: number[] = []
  const member = createMember(1000)
  for (let tick = 0; !isPruned; tick++) {
    const candidate = candidateOf(member, { tick }, { receivedAt: NOW })
    const startedAt = performance.now()
    const appended = appendTo(store, candidate)
    await turn()
    expect(await appended).toEqual(['accepted'])
    tookMs.push(performance.now() - startedAt)
  }
  await pruning
  retention.stop()
  await retention.done
  await store.close()
  const p99 = tookMs.toSorted((a, b) => a - b).at(Math.floor(tookMs.length * 0.99)) ?? 0
  expect(tookMs.length).toBeGreaterThan(50)
  // A generous bound: what it must catch is a slice that scans the table, which takes seconds.
  expect(p99).toBeLessThan(250)
}, 30_000)
