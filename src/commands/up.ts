import { Flags } from '@oclif/core'
import { runAgent } from '../agent/agent.js'
import { openAgentState } from '../agent/state.js'
import type { Log } from '../core/log.js'
import { systemClock } from '../core/node/clock.js'
import { createTxtResolver } from '../core/node/dns.js'
import { lockDirectory } from '../core/node/lock.js'
import { openLog } from '../core/node/log.js'
import { generatePsk } from '../core/node/psk/generate.js'
import { findPskSource } from '../core/node/psk/source.js'
import { fromWire } from '../core/protocol/wire-names.js'
import type { Settings } from '../core/settings.js'
import { openManager } from '../manager/manager.js'
import { tokenPath } from '../manager/operator-token.js'
import type { AgentDetail } from '../manager/reading/agents.js'
import { formatAgent } from '../tui/text/agent.js'
import { formatPlaces, nextStep, type Place } from '../tui/up/lines.js'
import { agentConfig, openAgentPorts } from './base/agent-ports.js'
import { followAgent } from './base/follow-agent.js'
import { KattilaCommand } from './base/kattila-command.js'
import { layoutOf } from './base/layout.js'
import { managerConfig } from './base/manager-config.js'
import { openSecrets } from './base/secrets.js'
import { settingFlags } from './base/setting-flags.js'
import { openStopSignal } from './base/stop-signal.js'

/** A manager and an agent in this process, and where everything of them is. */
type Running = {
  readonly agentId: string
  readonly places: readonly Place[]
  /** This host as the manager stores it, again after every report, until stopped. */
  readonly updates: AsyncIterable<AgentDetail>
  readonly close: () => Promise<void>
}

export default class Up extends KattilaCommand {
  static override summary = 'Run a manager and an agent for this very machine, and show it'
  static override description =
    'Generates a fleet secret into a 0600 file when none is configured. Ctrl-C stops both.'
  static override examples = [
    '<%= config.bin %> up',
    '<%= config.bin %> up --once --json',
    '<%= config.bin %> up --host 0.0.0.0 --labels site=hel',
  ]
  static override flags = {
    once: Flags.boolean({ description: 'end after the first report is stored' }),
    ...settingFlags(
      'host',
      'port',
      'psk-file',
      'dns',
      'fleet',
      'interval',
      'labels',
      'state-dir',
      'data-dir',
      'retention-hours',
      'max-db-mib',
      'log',
    ),
  }
  protected readonly noun = 'agent'

  async run(): Promise<object> {
    const { flags } = await this.parse(Up)
    const settings = this.settingsOf(flags)
    const stop = openStopSignal()
    if (process.stdout.isTTY && !flags.once) return this.runOnScreen(settings, stop)

    const running = await start(settings, this.config.version, this.openLog(settings), stop)
    try {
      if (!flags.once) this.log([...formatPlaces(running.places), ''].join('\n'))
      for await (const agent of running.updates) {
        this.log(formatAgent(fromWire(agent), layoutOf(process.stdout)).join('\n'))
        if (flags.once) return { agent }
        this.log(nextStep(running.agentId.slice(0, 8)))
        break
      }
      await untilAborted(stop)
      return { agent_id: running.agentId, stopped: true }
    } finally {
      await running.close()
    }
  }

  private async runOnScreen(settings: Settings, stop: AbortSignal): Promise<object> {
    const said: string[] = []
    const stderr = { isTTY: true, write: (line: string) => said.push(line.trimEnd()) }
    const level = settings.origins.KATTILA_LOG ? settings.log : 'warn'
    const running = await start(settings, this.config.version, openLog(level, stderr), stop)
    process.env.NODE_ENV ??= 'production'
    if (process.env.NO_COLOR) process.env.FORCE_COLOR = '0'
    const { openUpScreen } = await import('../tui/up/screen.js')
    let agent: AgentDetail | undefined
    const view = () => ({
      ...running,
      agent: agent && fromWire(agent),
      said: [...said],
      now: systemClock.now(),
    })
    const screen = openUpScreen(view(), process.stdout)
    const redraw = setInterval(() => screen.draw(view()), 1000)
    try {
      for await (const update of running.updates) {
        agent = update
        screen.draw(view())
      }
    } finally {
      clearInterval(redraw)
      await running.close()
      screen.draw(view())
      await screen.close()
    }
    this.log('manager and agent stopped')
    return { agent_id: running.agentId, stopped: true }
  }
}

async function start(settings: Settings, version: string, log: Log, stop: AbortSignal): Promise<Running> {
  if (!findPskSource(settings, createTxtResolver())) await generatePsk(settings)
  const psk = await openSecrets(settings, 'manager', log)
  const state = await openAgentState(settings.stateDir)
  const unlock = await lockDirectory(settings.stateDir, 'agent', 'KATTILA_STATE_DIR')
  const manager = await openManager(
    { psk, clock: systemClock, log },
    managerConfig(settings, version, false),
  ).catch(async (thrown) => {
    await unlock()
    throw thrown
  })
  const local: Settings = { ...settings, managerUrls: [manager.url], token: manager.token }
  const ports = await openAgentPorts(settings, psk, log)
  const config = await agentConfig(local, version, state)
  const stopAgent = new AbortController()
  const agent = runAgent(ports, state, config, AbortSignal.any([stop, stopAgent.signal]))
  return {
    agentId: state.agentId,
    places: [
      { what: 'manager', where: manager.url },
      { what: 'database', where: manager.databasePath },
      { what: 'operator token', where: tokenPath(settings.dataDir) },
      { what: 'fleet secret', where: psk.source.where },
      { what: 'agent', where: `${state.agentId} in ${state.directory}` },
    ],
    updates: followAgent(local, state.agentId, stop),
    close: async () => {
      stopAgent.abort()
      await agent
      ports.http.close()
      await unlock()
      await manager.close()
    },
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
