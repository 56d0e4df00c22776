import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { KattilaError } from '../../../../src/core/error.js'
import { MIGRATIONS } from '../../../../src/manager/store/sqlite/migrations.js'
import { openDatabase } from '../../../../src/manager/store/sqlite/open.js'
import { openSqliteStore } from '../../../../src/manager/store/sqlite/store.js'
import { createMember } from '../../fleet.js'
import { makeTestDirectory } from '../../rig.js'
import { appendTo, candidateOf } from '../candidates.js'

const newPath = () => join(makeTestDirectory(), 'kattila_manager.db')
const pragma = (path: string, name: string) => {
  const db = new Database(path)
  const value = db.pragma(name, { simple: true })
  db.close()
  return value
}

/** A database with 300 reports of 30 agents, closed. */
async function _fill(path: string): Promise<void> {
  const store = openSqliteStore(path)
  for (let agent = 0; agent < 30; agent++) {
    const member = createMember(agent)
    await appendTo(store, ...[...Array(10).keys()].map((tick) => candidateOf(member, { tick })))
  }
  await store.close()
}

function _failureOf(work: () => unknown): KattilaError {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof KattilaError) return thrown
    throw thrown
  }
  throw new Error('it did not fail')
}

describe('a new database', () => {
  test('is brought to the newest schema, syncs every commit, and gives pages back in steps', () => {
    const path = newPath()
    const db = openDatabase(path)
    expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(db.pragma('synchronous', { simple: true })).toBe(2)
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
    db.close()
    expect(pragma(path, 'auto_vacuum')).toBe(2)
    expect(pragma(path, 'application_id')).toBe(Buffer.from('katt').readUInt32BE())
  })

  test('has the tables of the issue', () => {
    const db = openDatabase(newPath())
    const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
    db.close()
    expect(names).toEqual(
      expect.arrayContaining(['agents', 'reports', 'agent_interfaces', 'topology_edges', 'alarms', 'audit']),
    )
  })

  test.each([0o000, 0o022, 0o077, 0o277])('is 0600 with its journal, whatever the umask (%i)', (umask) => {
    const path = newPath()
    const before = process.umask(umask)
    try {
      const db = openDatabase(path)
      for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
      db.close()
    } finally {
      process.umask(before)
    }
  })
})

describe('a database of an older schema', () => {
  test.each([...MIGRATIONS.keys()])(
    'after step %i takes the steps that it lacks, and keeps what it holds',
    (done) => {
      const path = newPath()
      const old = new Database(path)
      old.pragma('application_id = 0x6b617474')
      for (const step of MIGRATIONS.slice(0, done)) old.exec(step)
      if (done > 0)
        old.exec("INSERT INTO agents (agent_id, status, registered_at) VALUES ('a1', 'active', 5)")
      old.pragma(`user_version = ${done}`)
      old.close()

      const db = openDatabase(path)
      expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
      expect(db.prepare('SELECT agent_id FROM agents').pluck().all()).toEqual(done > 0 ? ['a1'] : [])
      db.close()
    },
  )
})
