import { EXIT_STATUS } from '../../core/error.js'

/** npm passes on a Ctrl-C that the terminal has sent already; an impatient person takes longer, ms. */
const SAME_KEY_PRESS_MS = 500

/**
 * A signal that aborts on SIGINT, SIGTERM or SIGHUP, so that a long-running command can end cleanly;
 * Ctrl-C makes its exit status 130. A second one ends the process at once.
 */
export function openStopSignal(): AbortSignal {
  const stop = new AbortController()
  let firstAt: number | undefined
  const end = (signal: NodeJS.Signals) => {
    firstAt ??= performance.now()
    if (performance.now() - firstAt > SAME_KEY_PRESS_MS) process.exit(EXIT_STATUS.interrupted)
    if (signal === 'SIGINT') process.exitCode = EXIT_STATUS.interrupted
    stop.abort()
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  process.on('SIGHUP', end)
  return stop.signal
}
