import type { Clock } from '../../src/core/clock.js'

/** Time that moves only by hand. */
export type HandClock = Clock & {
  /** Moves time forward and wakes whoever slept until then. */
  readonly advance: (ms: number) => void
  /** What sleepers still wait for, ms from now, soonest first. */
  readonly sleeping: () => readonly number[]
}

export function createHandClock(startsAt: number): HandClock {
  let now = startsAt
  let sleepers: { until: number; wake: () => void }[] = []
  const wakeDue = () => {
    const due = sleepers.filter(({ until }) => until <= now)
    sleepers = sleepers.filter(({ until }) => until > now)
    for (const { wake } of due) wake()
  }
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = { until: now + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper)
          resolve()
        })
      }),
    advance: (ms) => {
      now += ms
      wakeDue()
    },
    sleeping: () => sleepers.map(({ until }) => until - now).toSorted((a, b) => a - b),
  }
}
