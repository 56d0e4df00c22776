import type { AgentConfig, AgentPorts } from '../../agent/agent.js'
import { createLinuxHost } from '../../agent/linux-host.js'
import { openAgentToken } from '../../agent/server/token.js'
import type { AgentFacts } from '../../agent/sign.js'
import { openSpool } from '../../agent/spool/spool.js'
import type { AgentState } from '../../agent/state.js'
import type { Log } from '../../core/log.js'
import { systemClock } from '../../core/node/clock.js'
import { openHttpClient } from '../../core/node/http.js'
import type { PskStore } from '../../core/node/psk/store.js'
import type { Settings } from '../../core/settings.js'

/** The real ports of an agent's daemon. Close `http` when done. */
export async function openAgentPorts(settings: Settings, psk: PskStore, log: Log): Promise<AgentPorts> {
  return {
    host: createLinuxHost(),
    clock: systemClock,
    http: openHttpClient(),
    psk,
    spool: await openSpool(`${settings.stateDir}/spool`, spoolBounds(settings), systemClock, log),
    log,
    random: Math.random,
  }
}

function spoolBounds({ spoolMib, spoolHours }: Settings) {
  return { maxBytes: spoolMib * 1_048_576, maxAgeMs: spoolHours * 3_600_000 }
}

/** What an agent says of itself, from the settings. */
export function agentFacts(settings: Settings, agentVersion: string): AgentFacts {
  return {
    agentVersion,
    fleetId: settings.fleet,
    intervalS: settings.intervalS,
    labels: settings.labels,
  }
}

/** The configuration of an agent's daemon, from the settings. */
export async function agentConfig(
  settings: Settings,
  version: string,
  state: AgentState,
): Promise<AgentConfig> {
  return {
    ...agentFacts(settings, version),
    managerUrls: settings.managerUrls,
    listenHost: settings.agentHost,
    listenPort: settings.agentPort,
    token: await openAgentToken(state.directory),
  }
}
