import { StatusCommand } from '../base/status-command.js'

export default class AgentsRevoke extends StatusCommand {
  static override summary = 'Refuse an agent’s reports from now on'
  static override examples = ['<%= config.bin %> agents revoke 0f3c']
  protected readonly status = 'revoked'
}
