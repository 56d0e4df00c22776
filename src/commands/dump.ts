import { Args, Flags } from '@oclif/core'
import { collectSnapshot } from '../agent/collect.js'
import { createLinuxHost } from '../agent/linux-host.js'
import { signSnapshot } from '../agent/sign.js'
import { openAgentState } from '../agent/state.js'
import { KattilaError, reasonOf } from '../core/error.js'
import { systemClock } from '../core/node/clock.js'
import { createPrivateFile, replacePrivateFile } from '../core/node/private-files.js'
import { formatBytes } from '../core/text.js'
import { agentFacts } from './base/agent-ports.js'
import { KattilaCommand } from './base/kattila-command.js'
import { openSecrets } from './base/secrets.js'
import { settingFlags } from './base/setting-flags.js'

export default class Dump extends KattilaCommand {
  static override summary =
    'Run one full collection cycle and write the exact signed envelope that would be sent'
  static override description =
    'Nothing is sent, and the tick it carries stays unused: the agent’s next report has the same one.'
  static override examples = [
    '<%= config.bin %> dump | <%= config.bin %> verify -',
    '<%= config.bin %> dump report.json',
    '<%= config.bin %> dump report.json --force --json',
  ]
  static override args = {
    file: Args.string({ description: 'file to write (0600); - or nothing: standard output' }),
  }
  static override flags = {
    force: Flags.boolean({ description: 'replace FILE when it exists' }),
    ...settingFlags('psk-file', 'dns', 'fleet', 'interval', 'labels', 'state-dir', 'log'),
  }
  protected readonly noun = 'dump'

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Dump)
    const settings = this.settingsOf(flags)
    const log = this.openLog(settings)
    const psk = await openSecrets(settings, 'agent', log)
    const state = await openAgentState(settings.stateDir)
    const snapshot = await collectSnapshot(createLinuxHost(), systemClock)
    const facts = agentFacts(settings, this.config.version)
    const ports = { clock: systemClock, psk }
    const { envelope, report } = signSnapshot(ports, state, facts, snapshot, state.lastTick + 1)

    const text = JSON.stringify(envelope)
    if (args.file === undefined || args.file === '-') return this.show(text, { envelope })
    await write(args.file, `${text}\n`, flags.force)
    const written = {
      file: args.file,
      bytes: Buffer.byteLength(text),
      agent_id: report.agentId,
      tick: report.tick,
      failures: report.failures?.length ?? 0,
    }
    return this.show(
      `${written.file}: ${formatBytes(written.bytes)}, agent ${written.agent_id}, tick ${written.tick}`,
      written,
    )
  }
}

async function write(path: string, content: string, mayReplace: boolean): Promise<void> {
  let isWritten: boolean
  try {
    isWritten = mayReplace
      ? await replacePrivateFile(path, content).then(() => true)
      : await createPrivateFile(path, content)
  } catch (cause) {
    throw new KattilaError('configuration', `${path} cannot be written: ${reasonOf(cause)}`, {
      cause,
      suggestion: 'name a file in a directory that exists and is writable',
    })
  }
  if (!isWritten) {
    throw new KattilaError('usage', `${path} exists already`, {
      suggestion: 'add --force to replace it, or name another file',
    })
  }
}
