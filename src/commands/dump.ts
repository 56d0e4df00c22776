import { Args, Flags } from '@oclif/core'
import { signReport } from '../agent/agent.js'
import { openAgentState } from '../agent/state.js'
import { KattilaError, reasonOf } from '../core/error.js'
import { createPrivateFile, replacePrivateFile } from '../core/node/private-files.js'
import { formatBytes } from '../core/text.js'
import { agentConfig, openAgentPorts } from './base/agent-ports.js'
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
    const ports = openAgentPorts(await openSecrets(settings, 'agent', log), log)
    const state = await openAgentState(settings.stateDir)
    const { envelope, report } = await signReport(
      ports,
      state,
      agentConfig(settings, this.config.version),
      state.lastTick + 1,
    )
    ports.http.close()

    const text = JSON.stringify(envelope)
    if (args.file === undefined || args.file === '-') return this.show(text, { envelope })
    await write(args.file, `${text}\n`, flags.force)
    const facts = {
      file: args.file,
      bytes: Buffer.byteLength(text),
      agent_id: report.agentId,
      tick: report.tick,
      failures: report.failures?.length ?? 0,
    }
    return this.show(
      `${facts.file}: ${formatBytes(facts.bytes)}, agent ${facts.agent_id}, tick ${facts.tick}`,
      facts,
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
