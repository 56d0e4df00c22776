import { StatusCommand } from '../base/status-command.js'

export default class AgentsApprove extends StatusCommand {
  static override summary = 'Take an agent’s reports: one that waits for approval, or was revoked'
  static override examples = ['<%= config.bin %> agents approve hel-1']
  protected readonly status = 'active'
}
