import { once } from 'node:events'
import { Flags } from '@oclif/core'
import { systemClock } from '../../core/node/clock.js'
import { openManager } from '../../manager/manager.js'
import { KattilaCommand } from '../base/kattila-command.js'
import { managerConfig } from '../base/manager-config.js'
import { openSecrets } from '../base/secrets.js'
import { settingFlags } from '../base/setting-flags.js'
import { openStopSignal } from '../base/stop-signal.js'

export default class ManagerServe extends KattilaCommand {
  static override summary = 'Run the manager: verify, store and serve the fleet’s reports until it is stopped'
  static override examples = [
    'KATTILA_PSK_FILE=/etc/kattila/psk <%= config.bin %> manager serve --host 10.0.0.1 --port 5086',
    '<%= config.bin %> manager serve --data-dir /var/lib/kattila --retention-hours 48',
  ]
  static override flags = {
    'require-approval': Flags.boolean({
      description: 'store an unknown agent as pending until an operator approves it',
    }),
    ...settingFlags(
      'psk-file',
      'dns',
      'host',
      'port',
      'data-dir',
      'interval',
      'retention-hours',
      'max-db-mib',
      'log',
    ),
  }
  protected readonly noun = 'manager_serve'

  async run(): Promise<object> {
    const { flags } = await this.parse(ManagerServe)
    const settings = this.settingsOf(flags)
    const log = this.openLog(settings)
    const stop = openStopSignal()
    const psk = await openSecrets(settings, 'manager', log)
    const config = managerConfig(settings, this.config.version, flags['require-approval'])
    const manager = await openManager({ psk, clock: systemClock, log }, config)
    if (!stop.aborted) await once(stop, 'abort')
    await manager.close()
    log.info({}, 'the manager stopped')
    return { url: manager.url, stopped: true }
  }
}
