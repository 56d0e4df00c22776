import { join } from 'node:path'
import type { Log } from '../../core/log.js'
import { systemClock } from '../../core/node/clock.js'
import { createTxtResolver } from '../../core/node/dns.js'
import { makePrivateDirectory } from '../../core/node/private-files.js'
import { findPskSource } from '../../core/node/psk/source.js'
import { openPskStore, type PskStore } from '../../core/node/psk/store.js'
import type { Settings } from '../../core/settings.js'

/** Opens the fleet's secrets for an agent or a manager, which keeps the last good ones in its own directory. */
export async function openSecrets(
  settings: Settings,
  role: 'agent' | 'manager',
  log: Log,
): Promise<PskStore> {
  const [directory, variable] =
    role === 'agent' ? [settings.stateDir, 'KATTILA_STATE_DIR'] : [settings.dataDir, 'KATTILA_DATA_DIR']
  await makePrivateDirectory(directory, variable)
  return openPskStore(
    findPskSource(settings, createTxtResolver()),
    join(directory, `${role}.keyring.json`),
    systemClock,
    log,
  )
}
