import { Command, Errors, type Interfaces } from '@oclif/core'
import { EXIT_STATUS } from '../../core/error.js'
import type { Log } from '../../core/log.js'
import { openLog } from '../../core/node/log.js'
import { readSettings } from '../../core/node/settings.js'
import type { Settings } from '../../core/settings.js'
import { describeError, type ErrorDocument } from './edge.js'
import { flagValues } from './setting-flags.js'

/**
 * What every command shares: settings from its flags, a log, human output or one JSON document with
 * its `schema`, and one way to fail.
 */
export abstract class KattilaCommand extends Command {
  static override enableJsonFlag = true

  /** The noun of the JSON document, as in `kattila.<noun>/1`. */
  protected abstract readonly noun: string

  /** The settings of this run; flags are those that `parse` gave. */
  protected settingsOf(flags: Readonly<Record<string, unknown>>): Settings {
    return readSettings(flagValues(flags))
  }

  protected openLog(settings: Settings): Log {
    return openLog(settings.log)
  }

  /** Prints for people, and gives the document that `--json` prints instead. */
  protected show<T extends object>(text: string, document: T): T {
    this.log(text)
    return document
  }

  /** Ends with status 1: a check found a problem. The document is printed all the same. */
  protected problemFound(): void {
    process.exitCode = EXIT_STATUS.problem_found
  }

  protected override toSuccessJson(result: unknown): unknown {
    return { schema: `kattila.${this.noun}/1`, ...(result as object) }
  }

  protected override toErrorJson(thrown: unknown): ErrorDocument & { schema: string } {
    return { schema: `kattila.${this.noun}/1`, ...describeError(thrown).document }
  }

  protected override async catch(thrown: Interfaces.CommandError): Promise<void> {
    if (thrown instanceof Errors.ExitError) throw thrown
    const { text, status } = describeError(thrown)
    process.exitCode = status
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(thrown))
    else process.stderr.write(text)
  }
}
