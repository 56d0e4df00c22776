import { EXIT_STATUS } from '../../core/error.js'

/**
 * A signal that aborts on SIGINT, SIGTERM or SIGHUP, so that a long-running command can end cleanly;
 * Ctrl-C makes its exit status 130. A second one ends the process at once.
 */
export function openStopSignal(): AbortSignal {
  const stop = new AbortController()
  const on = (signal: NodeJS.Signals) =>
    process.once(signal, () => {
      if (signal === 'SIGINT') process.exitCode = EXIT_STATUS.interrupted
      stop.abort()
    })
  on('SIGINT')
  on('SIGTERM')
  on('SIGHUP')
  return stop.signal
}
