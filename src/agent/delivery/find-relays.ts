import type { Clock } from '../../core/clock.js'
import { keepTrying, type Patience } from './keep-trying.js'
import type { Relay, Relays } from './relays.js'

/** Discovery is not repeated sooner than this, ms: less than the first wait below, which would be for nothing. */
const FRESH_MS = 1000
/** While reports go through a relay, the ways are looked at again this often, ms. */
const REFRESH_MS = 60_000
/**
 * When relays are looked for again while there is no way at all: 3, 9, 21 and 45 s after the loss was
 * noticed at the latest, so that three hops in a row find each other within 60 s (issue 3).
 */
const LOOKING: Patience = { firstMs: 3000, lastMs: 30_000 }

export type RelayFinder = {
  /** Looks for relays now, unless that was just done. */
  readonly find: () => Promise<void>
  /**
   * Keeps looking in the background while `isNeeded`, and calls `onFound` when a way turns up where
   * there was none. Until `signal` aborts.
   */
  readonly keepLooking: (signal: AbortSignal, isNeeded: () => boolean, onFound: () => void) => Promise<void>
}

export type FinderPorts = {
  readonly clock: Clock
  readonly random: () => number
  readonly relays: Relays
  /** Asks the agents within reach for their way to a manager. */
  readonly discover: () => Promise<readonly Relay[]>
}

/** Creates the search for relays of an agent that reaches no manager by itself. */
export function createRelayFinder({ clock, random, relays, discover }: FinderPorts): RelayFinder {
  let foundAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const run = async (): Promise<void> => {
    relays.found(await discover())
    foundAt = clock.now()
    running = undefined
  }
  const find = async (): Promise<void> => {
    if (clock.now() - foundAt < FRESH_MS) return
    running ??= run()
    await running
  }

  return {
    find,
    keepLooking: (signal, isNeeded, onFound) => {
      const attempt = async () => {
        if (!isNeeded()) return 'settled'
        const isLost = relays.ranked([]).length === 0
        if (isLost || clock.now() - foundAt >= REFRESH_MS) await find()
        if (!isLost) return 'settled'
        if (relays.ranked([]).length === 0) return 'again'
        onFound()
        return 'settled'
      }
      return keepTrying({ clock, random }, LOOKING, attempt, signal)
    },
  }
}
