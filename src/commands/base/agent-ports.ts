import type { AgentConfig, AgentPorts } from '../../agent/agent.js'
import { createLinuxHost } from '../../agent/linux-host.js'
import type { Log } from '../../core/log.js'
import { systemClock } from '../../core/node/clock.js'
import { openHttpClient } from '../../core/node/http.js'
import type { PskStore } from '../../core/node/psk/store.js'
import type { Settings } from '../../core/settings.js'

/** The real ports of an agent. Close `http` when done. */
export function openAgentPorts(psk: PskStore, log: Log): AgentPorts {
  return {
    host: createLinuxHost(),
    clock: systemClock,
    http: openHttpClient(),
    psk,
    log,
    random: Math.random,
  }
}

/** An agent's configuration from the settings. */
export function agentConfig(
  settings: Settings,
  agentVersion: string,
  managerUrls: readonly string[] = settings.managerUrls,
): AgentConfig {
  return {
    agentVersion,
    managerUrls,
    fleetId: settings.fleet,
    intervalS: settings.intervalS,
    labels: settings.labels,
  }
}
