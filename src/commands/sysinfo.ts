import { collectSnapshot } from '../agent/collect.js'
import { createLinuxHost } from '../agent/linux-host.js'
import { systemClock } from '../core/node/clock.js'
import { toWire } from '../core/protocol/wire-names.js'
import { safeText } from '../core/text.js'
import { formatHost } from '../tui/text/host.js'
import { KattilaCommand } from './base/kattila-command.js'
import { layoutOf } from './base/layout.js'

export default class Sysinfo extends KattilaCommand {
  static override summary = 'Collect once and print everything the agent sees on this host'
  static override examples = ['<%= config.bin %> sysinfo', '<%= config.bin %> sysinfo --json']
  protected readonly noun = 'sysinfo'

  async run(): Promise<object> {
    await this.parse(Sysinfo)
    const { sections, failures, hostname, bootId, collectedAt } = await collectSnapshot(
      createLinuxHost(),
      systemClock,
    )
    const lines = formatHost({ ...sections, failures }, layoutOf(process.stdout))
    return this.show(
      [safeText(hostname), ...lines].join('\n').trimEnd(),
      toWire({ hostname, bootId, collectedAt, ...sections, failures }),
    )
  }
}
