import type { Log } from '../core/log.js'
import { formatDuration } from '../core/text.js'
import type { Outcome } from './delivery/outcome.js'

/** An offset of the clocks worth a word, ms: a fifth of the window in which reports are accepted. */
const CLOCK_OFFSET_WORTH_TELLING_MS = 120_000

/**
 * Tells how the reports of an agent fare: once when that changes, not once per try. Gives the
 * function to call with the outcomes of each report.
 */
export function createDeliveryLog(log: Log): (outcomes: readonly Outcome[]) => void {
  const told = new Map<string, string>()
  const tellChange = (about: string, state: string, say: () => void) => {
    if (told.get(about) === state) return
    told.set(about, state)
    say()
  }
  return (outcomes) => {
    for (const outcome of outcomes) {
      tellOutcome(outcome)
      if (outcome.kind !== 'failed') tellClock(outcome.clockOffsetMs)
    }
    if (outcomes.every(({ kind }) => kind === 'failed'))
      tellChange('path', 'none', () => log.warn({}, 'no way to a manager is known; the reports wait on disk'))
  }

  function tellOutcome(outcome: Outcome): void {
    const { kind, way } = outcome
    const where = way.kind === 'direct' ? { manager: way.url } : { relay: way.url }
    switch (kind) {
      case 'stored':
        told.set(way.url, kind)
        tellChange('path', way.url, () =>
          log.info({ ...where, rtt_ms: outcome.rttMs }, 'the manager stores the reports'),
        )
        break
      case 'rejected':
        told.set('path', outcome.code)
        tellChange(way.url, outcome.code, () =>
          log.error(
            { ...where, code: outcome.code, reason: outcome.message },
            'the manager rejects the reports',
          ),
        )
        break
      case 'failed':
        tellChange(way.url, outcome.reason, () =>
          log.warn(
            { ...where, reason: outcome.reason, detail: outcome.message },
            'the reports do not reach the manager this way',
          ),
        )
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
