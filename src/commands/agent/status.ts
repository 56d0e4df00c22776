import { decodeAlive, decodeHealth, decodeRelay } from '../../agent/server/answers.js'
import { openAgentState } from '../../agent/state.js'
import { fromWire } from '../../core/protocol/wire-names.js'
import { formatAgentHealth } from '../../tui/text/agent-health.js'
import { KattilaCommand } from '../base/kattila-command.js'
import { askLocalAgent, memberAuthorisation } from '../base/local-agent.js'
import { openSecrets } from '../base/secrets.js'
import { settingFlags } from '../base/setting-flags.js'

export default class AgentStatus extends KattilaCommand {
  static override summary =
    'Say how the agent on this machine fares: last report, its way, what waits on disk'
  static override examples = ['<%= config.bin %> agent status', '<%= config.bin %> agent status --json']
  static override flags = settingFlags('psk-file', 'dns', 'state-dir', 'data-dir', 'log')
  protected readonly noun = 'agent_health'

  async run(): Promise<object> {
    const { flags } = await this.parse(AgentStatus)
    const settings = this.settingsOf(flags)
    const psk = await openSecrets(settings, 'agent', this.openLog(settings))
    const { agentId } = await openAgentState(settings.stateDir)
    const ask = <T>(path: string, decode: (answer: unknown) => T | undefined) => {
      const authorization = memberAuthorisation(psk.current(), agentId, path)
      return askLocalAgent(settings, {
        ...{ method: 'GET', path, authorization, decode },
        decodeForAnyone: decodeAlive,
      })
    }
    const { relay } = await ask('/status/peer', decodeRelay)
    const answer = { ...(await ask('/status/healthcheck', decodeHealth)), relay }
    if (answer.consecutive_failures > 0) this.problemFound()
    return this.show(formatAgentHealth(fromWire(answer), Date.now()).join('\n'), {
      agent_id: agentId,
      ...answer,
    })
  }
}
