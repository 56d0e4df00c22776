import { Args } from '@oclif/core'
import { fromWire } from '../../core/protocol/wire-names.js'
import type { AgentDetail, AgentView } from '../../manager/reading/agents.js'
import { formatAgent } from '../../tui/text/agent.js'
import { formatFleet } from '../../tui/text/fleet.js'
import { KattilaCommand } from '../base/kattila-command.js'
import { layoutOf } from '../base/layout.js'
import { askManager } from '../base/manager-client.js'
import { pickAgent } from '../base/pick-agent.js'
import { settingFlags } from '../base/setting-flags.js'

export default class Agents extends KattilaCommand {
  static override summary = 'Show the fleet, one line an agent, problems first; or one agent’s facts'
  static override examples = [
    '<%= config.bin %> agents',
    '<%= config.bin %> agents hel-1',
    '<%= config.bin %> agents 0f3c --json',
    '<%= config.bin %> agents --manager-url http://10.0.0.1:5086 --token-file operator.token',
  ]
  static override args = {
    id: Args.string({ description: 'an agent’s id, the beginning of one, or its host name' }),
  }
  static override flags = settingFlags('manager-url', 'token-file', 'data-dir', 'log')
  protected noun = 'agents'

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Agents)
    if (args.id !== undefined) this.noun = 'agent'
    const settings = this.settingsOf(flags)
    const layout = layoutOf(process.stdout)
    const { agents } = await askManager<{ agents: readonly AgentView[] }>(settings, '/status/agents')
    if (args.id === undefined)
      return this.show(formatFleet(fromWire(agents), layout.width, layout.now).join('\n'), { agents })

    const { agent } = await askManager<{ agent: AgentDetail }>(
      settings,
      `/api/v1/agents/${pickAgent(agents, args.id).agent_id}`,
    )
    return this.show(formatAgent(fromWire(agent), layout).join('\n').trimEnd(), { agent })
  }
}
