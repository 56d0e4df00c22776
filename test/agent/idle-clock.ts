import type { Clock } from '../../src/core/clock.js'

/** Time that passes by itself, from one sleeper's moment to the next, whenever nothing but time is waited for. */
export type IdleClock = Clock & {
  /** Makes time stand still while real work (a file, a socket) is under way. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>
  /** Lets time pass until `done` settles, and gives what it gives. */
  readonly run: <T>(done: Promise<T>) => Promise<T>
}

type Sleeper = { readonly wakeAt: number; readonly wake: () => void; isAwake: boolean }

export function createIdleClock(start: number): IdleClock {
  let now = start
  let busy = 0
  /** By moment, the last one first. */
  const sleepers: Sleeper[] = []

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const onAbort = () => wake()
      const sleeper: Sleeper = { wakeAt: now + ms, isAwake: false, wake: () => wake() }
      const wake = () => {
        if (sleeper.isAwake) return
        sleeper.isAwake = true
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      signal?.addEventListener('abort', onAbort)
      sleepers.splice(placeOf(sleepers, sleeper.wakeAt), 0, sleeper)
    })

  return {
    now: () => now,
    sleep,
    during: async (work) => {
      busy++
      try {
        return await work()
      } finally {
        busy--
      }
    },
    run: async (done) => {
      let isDone = false
      const settled = done.finally(() => {
        isDone = true
      })
      settled.catch(() => undefined)
      for (;;) {
        // One turn of the event loop runs everything that waits for promises alone.
        await new Promise((resolve) => setImmediate(resolve))
        if (isDone) return settled
        if (busy > 0) continue
        while (sleepers.at(-1)?.isAwake) sleepers.pop()
        const next = sleepers.pop()
        if (!next) continue
        now = Math.max(now, next.wakeAt)
        next.wake()
      }
    },
  }
}

/** Before all that wake at the same moment or sooner, so that the first to sleep is the first to wake. */
function placeOf(sleepers: readonly Sleeper[], wakeAt: number): number {
  let [low, high] = [0, sleepers.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sleepers[middle]?.wakeAt ?? 0) > wakeAt) low = middle + 1
    else high = middle
  }
  return low
}
