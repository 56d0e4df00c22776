import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { KattilaError, reasonOf } from '../../../core/error.js'
import { MIGRATIONS } from './migrations.js'

/** Marks a file as a kattila database (`PRAGMA application_id`): "katt" in ASCII. */
const APPLICATION_ID = 0x6b617474

/**
 * Opens or creates the database file, 0600, brings it to this version's schema, and sets it up to
 * sync every commit. Throws a `store` error and leaves the file as it was when it is damaged, of a
 * newer version, or not kattila's.
 */
export function openDatabase(path: string): Database.Database {
  let db: Database.Database | undefined
  try {
    checkFile(path)
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    db = new Database(path)
    // Takes effect only before the first page is written, that is before WAL is switched on.
    db.pragma('auto_vacuum = INCREMENTAL')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    migrate(db)
    return db
  } catch (thrown) {
    db?.close()
    if (thrown instanceof KattilaError) throw thrown
    throw storeError(path, thrown)
  }
}

/** SQLite takes a shorter file for an empty database and writes over it. */
const LEAST_BYTES = 512

/** Looks at a file that is there already, without writing: not even its journal is touched. */
function checkFile(path: string): void {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (bytes === 0) return
  if (bytes < LEAST_BYTES) throw new Error(`${bytes} bytes are no database`)
  const db = new Database(path, { readonly: true })
  try {
    check(db, path)
  } finally {
    db.close()
  }
}

function check(db: Database.Database, path: string): void {
  const version = db.pragma('user_version', { simple: true }) as number
  const application = db.pragma('application_id', { simple: true }) as number
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number
  if (tables > 0 && application !== APPLICATION_ID) {
    throw new KattilaError('store', `${path} is a database, but not one of kattila`, {
      suggestion: 'set KATTILA_DATA_DIR to a directory of kattila’s own; the file was left as it is',
    })
  }
  if (version > MIGRATIONS.length) {
    throw new KattilaError(
      'store',
      `${path} was written by a newer kattila (schema ${version}, this one knows ${MIGRATIONS.length})`,
      {
        suggestion:
          'start the newer version, or set KATTILA_DATA_DIR to another directory; the file was left as it is',
      },
    )
  }
  const [fault] = db.pragma('quick_check(1)') as [{ quick_check: string }]
  if (fault.quick_check !== 'ok') throw new Error(fault.quick_check.replace(/\s+/g, ' '))
}

/** Each step commits with its number, so that a crash between two leaves a database that goes on from there. */
function migrate(db: Database.Database): void {
  const from = db.pragma('user_version', { simple: true }) as number
  for (const [done, step] of MIGRATIONS.entries()) {
    if (done < from) continue
    db.transaction(() => {
      db.exec(step)
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${done + 1}`)
    }).immediate()
  }
}

function storeError(path: string, cause: unknown): KattilaError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === '' || code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new KattilaError('store', `${path} is damaged: ${reasonOf(cause)}`, {
      cause,
      suggestion: 'move it away to start afresh, or restore a backup; the file was left as it is',
    })
  }
  return new KattilaError('store', `${path} cannot be opened: ${reasonOf(cause)}`, {
    cause,
    suggestion:
      'make the file and its directory writable for this user, or set KATTILA_DATA_DIR to another directory',
  })
}
