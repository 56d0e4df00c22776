import { openAgentState } from '../../agent/state.js'
import { KattilaCommand } from '../base/kattila-command.js'
import { settingFlags } from '../base/setting-flags.js'

export default class AgentId extends KattilaCommand {
  static override summary = 'Print this agent’s persistent identity, making it on the first call'
  static override examples = ['<%= config.bin %> agent id', '<%= config.bin %> agent id --json']
  static override flags = settingFlags('state-dir', 'log')
  protected readonly noun = 'agent_id'

  async run(): Promise<object> {
    const { flags } = await this.parse(AgentId)
    const { agentId, identity, lastTick, directory } = await openAgentState(this.settingsOf(flags).stateDir)
    return this.show(agentId, {
      agent_id: agentId,
      public_key: identity.publicKey,
      tick: lastTick,
      state_dir: directory,
    })
  }
}
