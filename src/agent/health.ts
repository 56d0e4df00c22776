import type { Outcome } from './delivery/outcome.js'

/** How an agent's own reports fare, as its health check tells members (protocol section 5). */
export type Health = {
  readonly take: (outcomes: readonly Outcome[], now: number) => void
  readonly read: () => HealthFigures
}

type HealthFigures = {
  /** When a report was last stored, ms; null before the first. */
  readonly last_push_at: number | null
  /** The manager or relay it went to. */
  readonly last_push_url: string | null
  /** Whether that was a manager itself or a relay. */
  readonly last_push_way: 'direct' | 'relay' | null
  /** Reports in a row that could not be brought to any manager. */
  readonly consecutive_failures: number
  /** Why the last one could not; null when it could. */
  readonly last_failure: string | null
  /** The manager's clock minus this one, ms; null while unknown. */
  readonly clock_offset_ms: number | null
}

/** Creates the record, before any report. */
export function createHealth(): Health {
  let figures: HealthFigures = {
    last_push_at: null,
    last_push_url: null,
    last_push_way: null,
    consecutive_failures: 0,
    last_failure: null,
    clock_offset_ms: null,
  }
  return {
    take: (outcomes, now) => {
      const last = outcomes.at(-1)
      if (last?.kind === 'stored') {
        const { way, clockOffsetMs } = last
        figures = {
          last_push_at: now,
          last_push_url: way.url,
          last_push_way: way.kind,
          consecutive_failures: 0,
          last_failure: null,
          clock_offset_ms: clockOffsetMs,
        }
        return
      }
      const offset = last?.kind === 'rejected' ? last.clockOffsetMs : figures.clock_offset_ms
      const why =
        last === undefined
          ? 'no way to a manager is known'
          : last.kind === 'rejected'
            ? last.code
            : last.reason
      const failures = figures.consecutive_failures + 1
      figures = { ...figures, consecutive_failures: failures, last_failure: why, clock_offset_ms: offset }
    },
    read: () => figures,
  }
}
