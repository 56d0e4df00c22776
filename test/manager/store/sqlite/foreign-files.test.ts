import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { EXIT_STATUS, KattilaError } from '../../../../src/core/error.js'
import { openDatabase } from '../../../../src/manager/store/sqlite/open.js'
import { openSqliteStore } from '../../../../src/manager/store/sqlite/store.js'
import { createMember } from '../../fleet.js'
import { makeTestDirectory } from '../../rig.js'
import { appendTo, candidateOf } from '../candidates.js'

const newPath = () => join(makeTestDirectory(), 'kattila_manager.db')
const _pragma = (path: string, name: string) => {
  const db = new Database(path)
  const value = db.pragma(name, { simple: true })
  db.close()
  return value
}

/** A database with 300 reports of 30 agents, closed. */
async function fill(path: string): Promise<void> {
  const store = openSqliteStore(path)
  for (let agent = 0; agent < 30; agent++) {
    const member = createMember(agent)
    await appendTo(store, ...[...Array(10).keys()].map((tick) => candidateOf(member, { tick })))
  }
  await store.close()
}

function failureOf(work: () => unknown): KattilaError {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof KattilaError) return thrown
    throw thrown
  }
  throw new Error('it did not fail')
}

/** What may lie where the database belongs; each makes the file and may leave it open. */
const FOREIGN: Readonly<
  Record<string, { readonly make: (path: string) => void | Promise<void>; readonly says: RegExp }>
> = {
  'of a newer version': {
    make: (path) => {
      const db = openDatabase(path)
      db.pragma('user_version = 99')
      db.close()
    },
    says: /written by a newer kattila \(schema 99/,
  },
  'of another application': {
    make: (path) => {
      const db = new Database(path)
      db.exec('CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (1)')
      db.close()
    },
    says: /not one of kattila/,
  },
  'that is text': {
    make: (path) => writeFileSync(path, 'These are my notes.\n'.repeat(400)),
    says: /damaged/,
  },
  'that is a few bytes': { make: (path) => writeFileSync(path, 'x'), says: /damaged/ },
  'that is cut in half': {
    make: async (path) => {
      await fill(path)
      const whole = readFileSync(path)
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length / 2)))
    },
    says: /damaged/,
  },
  'that is cut in half at a page': {
    make: async (path) => {
      await fill(path)
      const whole = readFileSync(path)
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length / 8192) * 4096))
    },
    says: /damaged/,
  },
  'that lost its first page': {
    make: async (path) => {
      await fill(path)
      writeFileSync(path, readFileSync(path).fill(0x5a, 0, 4096))
    },
    says: /damaged/,
  },
  'with other pages overwritten': {
    make: async (path) => {
      await fill(path)
      const bytes = readFileSync(path)
      for (let page = 3; page * 4096 < bytes.length; page += 2)
        bytes.fill(0x5a, page * 4096, page * 4096 + 2048)
      writeFileSync(path, bytes)
    },
    says: /damaged/,
  },
  'whose schema is nonsense': {
    make: async (path) => {
      await fill(path)
      const bytes = readFileSync(path)
      // A migration that altered the table left its former text in the page: all of them.
      const text = 'CREATE TABLE reports'
      for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at))
        bytes.fill(0x5a, at, at + 20)
      writeFileSync(path, bytes)
    },
    says: /damaged/,
  },
}

describe('a file is refused with one sentence and the exit status of the store, and not a byte of it changes', () => {
  test.each(Object.keys(FOREIGN))('%s', async (what) => {
    const path = newPath()
    await FOREIGN[what]?.make(path)
    const before = readFileSync(path)
    const failure = failureOf(() => openSqliteStore(path))
    expect(failure.message).toContain(path)
    expect(failure.message).toMatch(FOREIGN[what]?.says ?? /^$/)
    expect(failure.message).not.toContain('\n')
    expect(failure.suggestion).toMatch(/left as it is|left as it was/)
    expect(EXIT_STATUS[failure.code]).toBe(7)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('of another application keeps the mode that it had', async () => {
    const path = newPath()
    await FOREIGN['of another application']?.make(path)
    const before = statSync(path).mode
    failureOf(() => openSqliteStore(path))
    expect(statSync(path).mode).toBe(before)
  })

  test('of a newer version that was killed keeps its journal', () => {
    const path = newPath()
    const killed = openDatabase(path)
    killed.pragma('user_version = 99')
    killed.exec("INSERT INTO audit (at, actor, act, subject) VALUES (1, 'a', 'b', 'c')")
    const copies = ['', '-wal'].map((suffix) => ({ suffix, bytes: readFileSync(path + suffix) }))
    killed.close()
    for (const { suffix, bytes } of copies) writeFileSync(path + suffix, bytes)

    failureOf(() => openSqliteStore(path))
    for (const { suffix, bytes } of copies) expect(readFileSync(path + suffix).equals(bytes)).toBe(true)
  })

  test('that is a directory', () => {
    const path = newPath()
    mkdirSync(path)
    expect(EXIT_STATUS[failureOf(() => openSqliteStore(path)).code]).toBe(7)
  })

  test('in a directory that is not there', () => {
    const failure = failureOf(() => openSqliteStore(join(newPath(), 'below', 'store.db')))
    expect(EXIT_STATUS[failure.code]).toBe(7)
    expect(failure.message).toMatch(/cannot be opened/)
  })
})
