import { Flags } from '@oclif/core'
import { collectSnapshot } from '../agent/collect.js'
import { interfaces } from '../agent/collectors/interfaces.js'
import { wireguard } from '../agent/collectors/wireguard.js'
import { type Candidates, listCandidates } from '../agent/discovery/candidates.js'
import { discoverAgents } from '../agent/discovery/discover.js'
import { probe } from '../agent/discovery/probe.js'
import { createLinuxHost } from '../agent/linux-host.js'
import { KattilaError } from '../core/error.js'
import type { Log } from '../core/log.js'
import { systemClock } from '../core/node/clock.js'
import { openHttpClient } from '../core/node/http.js'
import { PROBE_TIMEOUT_MS } from '../core/protocol/constants.js'
import { toWire } from '../core/protocol/wire-names.js'
import type { Settings } from '../core/settings.js'
import { formatDiscovery, formatPlan } from '../tui/text/discovery.js'
import { KattilaCommand } from './base/kattila-command.js'
import { layoutOf } from './base/layout.js'
import { openProgressLine } from './base/progress-line.js'
import { settingFlags } from './base/setting-flags.js'
import { openStopSignal } from './base/stop-signal.js'

export default class Discover extends KattilaCommand {
  static override summary = 'Find the agents that answer on this host’s WireGuard networks'
  static override description =
    'Asks private and unique-local addresses in AllowedIPs: at most 512, 32 at a time; prefixes wider than /22 or /118 and default routes never. Needs no fleet secret. RELAY says how a report would get on from there.'
  static override examples = [
    '<%= config.bin %> discover',
    '<%= config.bin %> discover --dry-run',
    '<%= config.bin %> discover --json',
  ]
  static override flags = {
    'dry-run': Flags.boolean({
      description: 'ask nobody; list what would be asked, and what not and why',
      default: false,
    }),
    ...settingFlags('log'),
  }
  protected readonly noun = 'discovery'

  async run(): Promise<object> {
    const { flags } = await this.parse(Discover)
    const settings = this.settingsOf(flags)
    const plan = { port: portOf(settings), ...(await collectCandidates(this.openLog(settings))) }
    const { port, addresses: candidates, passedOver } = plan
    const facts = { dryRun: flags['dry-run'], port, candidates, passedOver }
    if (flags['dry-run']) return this.show(formatPlan(facts).join('\n'), toWire(facts))

    const { agents, probed } = await ask(settings, candidates)
    const { width } = layoutOf(process.stdout)
    return this.show(
      formatDiscovery(agents, facts, probed, width).join('\n'),
      toWire({ ...facts, probed, agents }),
    )
  }
}

function portOf({ agentPort }: Settings): number {
  if (agentPort > 0) return agentPort
  throw new KattilaError('configuration', 'KATTILA_AGENT_PORT=0 says no port to ask other agents on', {
    suggestion: 'set it to the port of the fleet’s agents, or leave it out for 5087',
  })
}

async function collectCandidates(log: Log): Promise<Candidates> {
  const { sections, failures } = await collectSnapshot(createLinuxHost(), systemClock, [
    interfaces,
    wireguard,
  ])
  if (!sections.wgPeers) {
    const reason = failures.find(({ collector }) => collector === 'wireguard')?.message ?? 'no reason given'
    throw new KattilaError('configuration', `the WireGuard peers of this host cannot be read: ${reason}`, {
      suggestion: 'install wireguard-tools and run this as root, or with CAP_NET_ADMIN',
    })
  }
  for (const { collector, message } of failures)
    log.warn({ collector, reason: message }, 'not all could be read')
  return listCandidates(sections)
}

/** Asks all candidates, or as many as until Ctrl-C. */
async function ask({ agentHost, agentPort: port }: Settings, candidates: readonly string[]) {
  const http = openHttpClient()
  const ports = { http, clock: systemClock }
  const line = openProgressLine(process.stderr)
  let probed = 0
  try {
    // The daemon of this host knows its id best; where none runs, none can be found.
    const own = await probe(ports, agentHost ?? '127.0.0.1', port, PROBE_TIMEOUT_MS)
    const agents = await discoverAgents(ports, candidates, {
      port,
      ownId: own?.agentId,
      signal: openStopSignal(),
      onProgress: (progress) => {
        probed = progress.probed
        line.show(`asking ${probed} of ${progress.total} addresses, ${progress.answered} answered`)
      },
    })
    return { agents, probed }
  } finally {
    line.close()
    http.close()
  }
}
