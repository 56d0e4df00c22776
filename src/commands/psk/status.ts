import { systemClock } from '../../core/node/clock.js'
import { formatDuration, safeText } from '../../core/text.js'
import { KattilaCommand } from '../base/kattila-command.js'
import { openSecrets } from '../base/secrets.js'
import { settingFlags } from '../base/setting-flags.js'

export default class PskStatus extends KattilaCommand {
  static override summary =
    'Say where the fleet secret comes from, its age and how many are accepted; never the secret itself'
  static override examples = ['<%= config.bin %> psk status', '<%= config.bin %> psk status --json']
  static override flags = settingFlags('psk-file', 'dns', 'state-dir', 'data-dir', 'log')
  protected readonly noun = 'psk'

  async run(): Promise<object> {
    const { flags } = await this.parse(PskStatus)
    const settings = this.settingsOf(flags)
    const psk = await openSecrets(settings, 'agent', this.openLog(settings))
    const now = systemClock.now()
    const since =
      psk.publishedAt() ??
      (psk.source.kind === 'environment' ? null : (psk.keyring()[0]?.firstSeenAt ?? null))
    const facts = {
      source: psk.source.kind,
      where: psk.source.where,
      available: psk.unavailable() === null,
      unavailable_because: psk.unavailable(),
      since,
      age_s: since === null ? null : Math.floor((now - since) / 1000),
      bytes: psk.current().length,
      accepted: psk.accepted().length,
    }
    const lines = [
      `source    ${psk.source.kind}: ${safeText(psk.source.where)}`,
      `state     ${facts.available ? 'available' : safeText(`unavailable (${facts.unavailable_because}); the last good one is in use`)}`,
      `age       ${since === null ? 'unknown: the environment does not say since when' : formatDuration(now - since)}`,
      `length    ${facts.bytes} bytes`,
      `accepted  ${facts.accepted} (the current one${facts.accepted > 1 ? ` and ${facts.accepted - 1} replaced within 24 h` : ''})`,
    ]
    return this.show(lines.join('\n'), facts)
  }
}
