import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Args } from '@oclif/core'
import { KattilaError, reasonOf } from '../core/error.js'
import { systemClock } from '../core/node/clock.js'
import { explainReport } from '../core/protocol/explain.js'
import { safeText } from '../core/text.js'
import { KattilaCommand } from './base/kattila-command.js'
import { openSecrets } from './base/secrets.js'
import { settingFlags } from './base/setting-flags.js'

const MARKS = { passed: '✓', failed: '✖', skipped: '–' } as const

export default class Verify extends KattilaCommand {
  static override summary = 'Check an envelope against the fleet secret, and say which check fails and where'
  static override description =
    'Makes the checks of a manager in their order. What only a manager knows (pinned keys, used nonces, the hop header) is skipped and said. Exit status 1 when a check fails.'
  static override examples = [
    '<%= config.bin %> verify report.json',
    '<%= config.bin %> dump | <%= config.bin %> verify -',
    '<%= config.bin %> verify report.json --json',
  ]
  static override args = {
    file: Args.string({ required: true, description: 'file with an envelope; - for standard input' }),
  }
  static override flags = settingFlags('psk-file', 'dns', 'state-dir', 'data-dir', 'log')
  protected readonly noun = 'verification'

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Verify)
    const settings = this.settingsOf(flags)
    const psk = await openSecrets(settings, 'agent', this.openLog(settings))
    const bytes = await read(args.file)
    const explained = explainReport(bytes, psk.accepted(), systemClock.now())
    if (!explained.isGood) this.problemFound()
    const lines = explained.checks.map(
      ({ check, result, message }) => `${MARKS[result]} ${check.padEnd(10)} ${safeText(message)}`,
    )
    const verdict = explained.isGood
      ? 'a manager would take it, as far as this can tell'
      : 'a manager would refuse it'
    const facts = { file: args.file, good: explained.isGood, checks: explained.checks }
    return this.show([...lines, '', `${safeText(args.file)}: ${verdict}`].join('\n'), facts)
  }
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? Buffer.from(await text(process.stdin), 'utf8') : await readFile(file)
  } catch (cause) {
    throw new KattilaError('usage', `${file} cannot be read: ${reasonOf(cause)}`, {
      cause,
      suggestion: 'name a file that kattila dump wrote, or - for standard input',
    })
  }
}
