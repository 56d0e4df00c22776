import { runAgent } from '../../agent/agent.js'
import { openAgentState } from '../../agent/state.js'
import { lockDirectory } from '../../core/node/lock.js'
import { agentConfig, openAgentPorts } from '../base/agent-ports.js'
import { KattilaCommand } from '../base/kattila-command.js'
import { openSecrets } from '../base/secrets.js'
import { settingFlags } from '../base/setting-flags.js'
import { openStopSignal } from '../base/stop-signal.js'

export default class AgentRun extends KattilaCommand {
  static override summary = 'Run the agent: report this host to its manager until it is stopped'
  static override examples = [
    '<%= config.bin %> agent run --manager-url http://10.0.0.1:5086 --psk-file /etc/kattila/psk',
    '<%= config.bin %> agent run --dns _kattila.example.org --labels site=hel,plane=edge',
  ]
  static override flags = settingFlags(
    'psk-file',
    'dns',
    'manager-url',
    'fleet',
    'interval',
    'labels',
    'state-dir',
    'log',
  )
  protected readonly noun = 'agent_run'

  async run(): Promise<object> {
    const { flags } = await this.parse(AgentRun)
    const settings = this.settingsOf(flags)
    const log = this.openLog(settings)
    const stop = openStopSignal()
    const psk = await openSecrets(settings, 'agent', log)
    const state = await openAgentState(settings.stateDir)
    const unlock = await lockDirectory(settings.stateDir, 'agent', 'KATTILA_STATE_DIR')
    const config = await agentConfig(settings, this.config.version, state)
    const ports = await openAgentPorts(settings, psk, log)
    log.info(
      { agent_id: state.agentId, managers: settings.managerUrls, interval_s: settings.intervalS },
      'the agent runs',
    )
    try {
      await Promise.all([psk.keepFresh(stop), runAgent(ports, state, config, stop)])
    } finally {
      ports.http.close()
      await unlock()
    }
    log.info({}, 'the agent stopped')
    return { agent_id: state.agentId, stopped: true }
  }
}
