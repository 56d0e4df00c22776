import { join } from 'node:path'
import type { Clock } from '../core/clock.js'
import type { Log } from '../core/log.js'
import { listen } from '../core/node/listen.js'
import { lockDirectory } from '../core/node/lock.js'
import { makePrivateDirectory } from '../core/node/private-files.js'
import type { PskStore } from '../core/node/psk/store.js'
import { createApp } from './api/app.js'
import { openInference } from './inference/run.js'
import { openIngest } from './ingest/ingest.js'
import { openOperatorToken } from './operator-token.js'
import { keepRetention, type RetentionConfig } from './retention.js'
import { openSqliteStore } from './store/sqlite/store.js'

export type ManagerPorts = { readonly psk: PskStore; readonly clock: Clock; readonly log: Log }

export type ManagerConfig = {
  readonly version: string
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly intervalS: number
  readonly requiresApproval: boolean
  readonly retention: RetentionConfig
}

export type Manager = {
  readonly url: string
  readonly databasePath: string
  readonly token: string
  /** Answers what has come in, then lets go of socket, database and directory. */
  readonly close: () => Promise<void>
}

/** Opens a manager: store, ingest, inference and its HTTP server, each apart from the others. */
export async function openManager(
  { psk, clock, log }: ManagerPorts,
  config: ManagerConfig,
): Promise<Manager> {
  await makePrivateDirectory(config.dataDir, 'KATTILA_DATA_DIR')
  const unlock = await lockDirectory(config.dataDir, 'manager', 'KATTILA_DATA_DIR')
  const undo: (() => Promise<void>)[] = [unlock]
  const closeAll = async () => {
    for (const close of undo.splice(0).reverse()) await close()
  }
  try {
    const databasePath = join(config.dataDir, 'kattila_manager.db')
    const store = openSqliteStore(databasePath)
    undo.push(store.close)
    const token = await openOperatorToken(config.dataDir)

    const inference = await openInference(store, log)
    undo.push(inference.idle)
    inference.wake()

    const stop = new AbortController()
    const upkeep = [
      psk.keepFresh(stop.signal),
      keepRetention(store, clock, log, config.retention, stop.signal),
    ]
    undo.push(async () => {
      stop.abort()
      await Promise.all(upkeep)
    })

    const ingest = openIngest({ store, psk, clock, log, onAppended: inference.wake }, config)
    const app = createApp({ store, clock, token, ingest, log, onReset: inference.forget }, config)
    const listening = await listen(
      app,
      config.host,
      config.port,
      'KATTILA_HOST and KATTILA_PORT (--host, --port)',
    )
    undo.push(ingest.drain, listening.close)
    log.info({ url: listening.url, database: databasePath }, 'the manager listens')
    return { url: listening.url, databasePath, token, close: closeAll }
  } catch (thrown) {
    await closeAll()
    throw thrown
  }
}
