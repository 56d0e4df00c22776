import type Database from 'better-sqlite3'
import type { Store } from '../port.js'
import { createAgentStatements } from './agents.js'
import { createInferenceStatements } from './inference.js'
import { openDatabase } from './open.js'
import { createReportStatements } from './reports.js'
import { createRetention } from './retention.js'

/**
 * Opens the SQLite store in a file. SQLite is synchronous: a method that has been called runs to its
 * end before anything else, and its promise resolves when the commit is synced to disk.
 */
export function openSqliteStore(path: string): Store {
  const db = openDatabase(path)
  const agents = createAgentStatements(db)
  const reports = createReportStatements(db, agents)
  const inference = createInferenceStatements(db)
  const prune = createRetention(db)
  return {
    append: async (candidates, judge) => atomic(db, () => reports.append(candidates, judge)),
    register: async (asked) => atomic(db, () => agents.register(asked)),
    findAgent: async (agentId) => agents.find(agentId),
    listAgents: async () => agents.list(),
    findReport: async (seq) => reports.find(seq),
    readUninferred: async (limit) => reports.readAfter(inference.throughSeq(), limit),
    commitInference: async (changes, throughSeq) => atomic(db, () => inference.commit(changes, throughSeq)),
    loadInterfaces: async () => inference.loadInterfaces(),
    setStatus: async (agentId, status, act) => atomic(db, () => agents.setStatus(agentId, status, act)),
    reset: async (agentId, act) => atomic(db, () => agents.reset(agentId, act)),
    prune: async (before, maxBytes, slice) => atomic(db, () => prune(before, maxBytes, slice)),
    close: async () => {
      db.close()
    },
  }
}

function atomic<T>(db: Database.Database, work: () => T): T {
  return db.transaction(work).immediate()
}
