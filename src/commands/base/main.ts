import { Errors, flush, run } from '@oclif/core'
import { EXIT_STATUS, KattilaError } from '../../core/error.js'
import { describeError } from './edge.js'

/** Runs the command line of `argv`; `root` is a file URL inside the package. */
export async function main(argv: readonly string[], root: string): Promise<void> {
  try {
    await run([...argv], root)
    await flush()
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) {
      process.exitCode = thrown.oclif.exit ?? EXIT_STATUS.ok
      return
    }
    const { text, document, status } = describeError(isUnknownCommand(thrown) ? unknownCommand(argv) : thrown)
    process.exitCode = status
    if (argv.includes('--json'))
      process.stdout.write(`${JSON.stringify({ schema: 'kattila.error/1', ...document }, null, 2)}\n`)
    else process.stderr.write(text)
  }
}

function isUnknownCommand(thrown: unknown): boolean {
  return thrown instanceof Error && /^command .* not found$/.test(thrown.message)
}

function unknownCommand(argv: readonly string[]): KattilaError {
  const words = argv.filter((word) => !word.startsWith('-')).join(' ')
  return new KattilaError('usage', `there is no command "${words}"`, {
    suggestion: 'kattila --help lists the commands',
  })
}
