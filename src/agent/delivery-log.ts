import type { Log } from '../core/log.js'
import { formatDuration } from '../core/text.js'
import type { PushOutcome } from './push.js'

/** An offset of the clocks worth a word, ms: a fifth of the window in which reports are accepted. */
const CLOCK_OFFSET_WORTH_TELLING_MS = 120_000

/**
 * Tells how the reports of an agent fare: once when that changes, not once per try. Gives the
 * function to call with the outcomes of each report.
 */
export function createDeliveryLog(log: Log): (outcomes: readonly PushOutcome[]) => void {
  const told = new Map<string, string>()
  const tellChange = (about: string, state: string, say: () => void) => {
    if (told.get(about) === state) return
    told.set(about, state)
    say()
  }
  return (outcomes) => {
    for (const outcome of outcomes) {
      const { url } = outcome
      switch (outcome.kind) {
        case 'stored':
          tellChange(url, 'stored', () =>
            log.info({ manager: url, rtt_ms: outcome.rttMs }, 'the manager stores the reports'),
          )
          break
        case 'rejected':
          tellChange(url, outcome.code, () =>
            log.error(
              { manager: url, code: outcome.code, reason: outcome.message },
              'the manager rejects the reports',
            ),
          )
          break
        case 'failed':
          tellChange(url, outcome.reason, () =>
            log.warn(
              { manager: url, reason: outcome.reason, detail: outcome.message },
              'the reports do not reach the manager',
            ),
          )
      }
      if (outcome.kind !== 'failed') tellClock(outcome.clockOffsetMs)
    }
  }

  function tellClock(offsetMs: number): void {
    const isOff = Math.abs(offsetMs) >= CLOCK_OFFSET_WORTH_TELLING_MS
    if (!isOff && !told.has('clock')) return
    tellChange('clock', isOff ? 'off' : 'on', () =>
      isOff
        ? log.warn(
            { offset_ms: offsetMs },
            `this clock is ${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'behind' : 'ahead of'} the manager's; check its time synchronisation`,
          )
        : log.info({ offset_ms: offsetMs }, 'this clock agrees with the manager again'),
    )
  }
}
