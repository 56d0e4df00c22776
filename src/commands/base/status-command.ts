import { Args } from '@oclif/core'
import { safeText } from '../../core/text.js'
import type { AgentView } from '../../manager/reading/agents.js'
import { KattilaCommand } from './kattila-command.js'
import { askManager } from './manager-client.js'
import { pickAgent } from './pick-agent.js'
import { settingFlags } from './setting-flags.js'

/** A command that gives an agent another status: an operator's act, kept in the audit trail. */
export abstract class StatusCommand extends KattilaCommand {
  static override args = {
    id: Args.string({
      required: true,
      description: 'an agent’s id, the beginning of one, or its host name',
    }),
  }
  static override flags = settingFlags('manager-url', 'token-file', 'data-dir', 'log')
  protected readonly noun = 'agent_status'
  protected abstract readonly status: 'active' | 'revoked'

  async run(): Promise<object> {
    const { args, flags } = await this.parse(StatusCommand)
    const settings = this.settingsOf(flags)
    const { agents } = await askManager<{ agents: readonly AgentView[] }>(settings, '/status/agents')
    const { agent_id, hostname } = pickAgent(agents, args.id)
    await askManager(settings, `/api/v1/agents/${agent_id}/status`, { status: this.status })
    return this.show(`${safeText(hostname ?? agent_id)} is ${this.status}`, { agent_id, status: this.status })
  }
}
