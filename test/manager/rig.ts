import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import type { Log } from '../../src/core/log.js'
import type { PskStore } from '../../src/core/node/psk/store.js'
import type { Psk } from '../../src/core/protocol/mac.js'
import { createApp } from '../../src/manager/api/app.js'
import { type Inference, openInference } from '../../src/manager/inference/run.js'
import { type Ingest, openIngest } from '../../src/manager/ingest/ingest.js'
import type { Store } from '../../src/manager/store/port.js'
import { openSqliteStore } from '../../src/manager/store/sqlite/store.js'
import { NOW, PREVIOUS_PSK, PSK } from './fleet.js'
import { createHandClock, type HandClock } from './hand-clock.js'

export const TOKEN = 'operator-token-of-the-tests'

/** A manager without a socket: the real application over the real store, with time moved by hand. */
export type Rig = {
  readonly app: Hono
  readonly store: Store
  readonly ingest: Ingest
  readonly inference: Inference
  readonly clock: HandClock
  readonly databasePath: string
  readonly logged: readonly LogLine[]
  /** How often the secret was looked up again after a refusal. */
  readonly refreshes: () => number
  readonly send: (body: Body, headers?: Record<string, string>, path?: string) => Promise<Answer>
  readonly ask: (path: string, options?: RequestInit) => Promise<Answer>
  /** Everything the database holds, table by table. */
  readonly content: () => Content
}

export type LogLine = { readonly level: string; readonly fields: object; readonly message: string }
type Content = Readonly<Record<string, readonly Record<string, unknown>[]>>
export type Body = object | string | Uint8Array<ArrayBuffer> | ReadableStream

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever JSON came, and the tests look into it
  readonly json: any
}

export type RigOptions = {
  readonly requiresApproval?: boolean
  readonly keys?: readonly Psk[]
  /** Puts something between the application and the real store. */
  readonly wrap?: (store: Store) => Store
}

/** A directory of its own for one test. */
export function makeTestDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'kattila-manager-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const databasePath = join(makeTestDirectory(), 'kattila_manager.db')
  const clock = createHandClock(NOW)
  const { log, logged } = createLog()
  const real = openSqliteStore(databasePath)
  onTestFinished(() => real.close())
  const store = options.wrap?.(real) ?? real
  let refreshes = 0
  const psk = pskStore(options.keys ?? [PSK, PREVIOUS_PSK], () => refreshes++)
  const inference = await openInference(store, log)
  const ingest = openIngest(
    { store, psk, clock, log, onAppended: inference.wake },
    { requiresApproval: options.requiresApproval ?? false },
  )
  const app = createApp(
    { store, clock, token: TOKEN, ingest, log, onReset: inference.forget },
    { version: '0.1.0', intervalS: 30 },
  )
  const ask: Rig['ask'] = async (path, init) => readAnswer(await app.request(path, init))
  const rig = {
    ...{ app, store, ingest, inference, clock, databasePath, logged, ask },
    refreshes: () => refreshes,
    send: (body: Body, headers = {}, path = '/status/updates') =>
      ask(path, { method: 'POST', headers, ...bodyInit(body) }),
    content: () => readContent(databasePath),
  }
  return rig
}

export function createLog(): { log: Log; logged: LogLine[] } {
  const logged: LogLine[] = []
  const at = (level: string) => (fields: object, message: string) => logged.push({ level, fields, message })
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, logged }
}

/** Fixed secrets, the first one current. */
export function pskStore(keys: readonly Psk[], onRefresh: () => void = () => undefined): PskStore {
  const [current] = keys
  if (!current) throw new Error('a fleet has at least one secret')
  return {
    source: { kind: 'environment', where: 'a test', refreshMs: null, read: () => Promise.reject() },
    current: () => current,
    accepted: () => keys,
    keyring: () => keys.map((secret) => ({ secret, firstSeenAt: 0, retiredAt: null })),
    publishedAt: () => null,
    unavailable: () => null,
    refreshAfterRefusal: async () => {
      onRefresh()
      return false
    },
    keepFresh: async () => undefined,
  }
}

/** Everything a database file holds, table by table. */
export function readContent(path: string): Content {
  const db = new Database(path, { readonly: true })
  try {
    const names = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all()
    return Object.fromEntries(
      names.map((name) => [name, db.prepare(`SELECT * FROM ${name}`).all() as Record<string, unknown>[]]),
    )
  } finally {
    db.close()
  }
}

function bodyInit(body: Body): RequestInit {
  if (body instanceof ReadableStream) return { body, duplex: 'half' }
  if (typeof body === 'string' || body instanceof Uint8Array) return { body }
  return { body: JSON.stringify(body) }
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}
