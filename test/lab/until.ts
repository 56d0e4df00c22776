import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 150

/**
 * Looks again and again until `look` gives something, and gives that; rejects when `withinMs` have
 * passed, with `seen` as what there was instead. The deadline is the tests' patience, no claim: what is
 * claimed of times is asserted on the times of the reports themselves.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seen: () => unknown = () => '',
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs / 1000} s: ${what}; instead: ${String(await seen())}`)
    await sleep(PAUSE_MS)
  }
}
