import type { Settings } from '../../core/settings.js'
import type { ManagerConfig } from '../../manager/manager.js'

/** A manager's configuration from the settings. */
export function managerConfig(settings: Settings, version: string, requiresApproval: boolean): ManagerConfig {
  const { host, port, dataDir, intervalS } = settings
  const retention = {
    keepMs: settings.retentionHours * 3_600_000,
    maxBytes: settings.maxDatabaseMib * 1_048_576,
  }
  return { version, host, port, dataDir, intervalS, requiresApproval, retention }
}
