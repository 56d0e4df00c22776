import { decodeReset } from '../../agent/server/answers.js'
import { readAgentToken } from '../../agent/server/token.js'
import { KattilaCommand } from '../base/kattila-command.js'
import { askLocalAgent } from '../base/local-agent.js'
import { settingFlags } from '../base/setting-flags.js'

export default class AgentReset extends KattilaCommand {
  static override summary =
    'Make the agent on this machine forget its spool and its identity, and be a new one'
  static override examples = ['<%= config.bin %> agent reset', '<%= config.bin %> agent reset --json']
  static override flags = settingFlags('state-dir', 'log')
  protected readonly noun = 'agent_reset'

  async run(): Promise<object> {
    const { flags } = await this.parse(AgentReset)
    const settings = this.settingsOf(flags)
    const authorization = `Bearer ${await readAgentToken(settings.stateDir)}`
    const { agent_id } = await askLocalAgent(settings, {
      ...{ method: 'POST', path: '/status/reset', authorization },
      decode: decodeReset,
    })
    return this.show(`the agent is ${agent_id} now`, { agent_id })
  }
}
