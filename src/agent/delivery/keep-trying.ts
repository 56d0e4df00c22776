import type { Clock } from '../../core/clock.js'

/** Waits in ms: doubling from the first to the last while an attempt leaves something to do. */
export type Patience = { readonly firstMs: number; readonly lastMs: number }

/**
 * Makes an attempt again and again until `signal` aborts, with waits that grow and are spread over
 * half of themselves, so that a fleet does not act in one second; one that is settled starts over.
 */
export async function keepTrying(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  { firstMs, lastMs }: Patience,
  attempt: () => Promise<'settled' | 'again'>,
  signal: AbortSignal,
): Promise<void> {
  let waitMs = firstMs
  for (;;) {
    await clock.sleep(waitMs * (0.5 + random() / 2), signal)
    if (signal.aborted) return
    waitMs = (await attempt()) === 'settled' ? firstMs : Math.min(2 * waitMs, lastMs)
  }
}
