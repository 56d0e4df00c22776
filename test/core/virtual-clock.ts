import type { Clock } from '../../src/core/clock.js'

/** Time that moves by hand: `advance` passes it, waking every sleeper at its own moment. */
export type VirtualClock = Clock & { readonly advance: (ms: number) => Promise<void> }

export function createVirtualClock(start: number): VirtualClock {
  let now = start
  let sleepers: { wakeAt: number; wake: () => void }[] = []
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = { wakeAt: now + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper)
          resolve()
        })
      }),
    advance: async (ms) => {
      const end = now + ms
      for (;;) {
        await settle()
        const [next] = sleepers.filter(({ wakeAt }) => wakeAt <= end).toSorted((a, b) => a.wakeAt - b.wakeAt)
        if (!next) break
        now = Math.max(now, next.wakeAt)
        sleepers = sleepers.filter((one) => one !== next)
        next.wake()
      }
      now = end
      await settle()
    },
  }
}

/** Lets everything that waits for a promise, but not for time, go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}
