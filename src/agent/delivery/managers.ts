import type { Clock } from '../../core/clock.js'
import type { HttpClient } from '../../core/node/http.js'
import { keepTrying, type Patience } from './keep-trying.js'

/** For how long a manager that did not answer is not asked again with a report (issue 3), ms. */
const DOWN_MS = 30_000
/** The longest patience that a manager may ask for, ms; spread over half as much again, so that a fleet does not come back in one second. */
const MOST_PATIENCE_MS = 300_000
/** When a manager that is down is probed. */
const PROBING: Patience = { firstMs: 4000, lastMs: 30_000 }
const PROBE_TIMEOUT_MS = 2000

type ManagerState = { readonly url: string; isProven: boolean; blockedUntil: number; isDown: boolean }

/** What an agent remembers of its managers, in their order. */
export type Managers = {
  /** Those worth a report now; all of them where there is no reason against any. */
  readonly usable: () => readonly string[]
  readonly succeeded: (url: string) => void
  readonly failed: (url: string) => void
  /** Forgets what speaks against any of them: the reason was ours. */
  readonly forgive: () => void
  /** It asked to be left alone for a while (`Retry-After`). */
  readonly busy: (url: string, retryAfterMs: number) => void
  /** Whether one is there but asked to be left alone: a relay would only go to the same one. */
  readonly isPatienceAsked: () => boolean
  /** Whether a report got through to one, and nothing has been heard against it since. */
  readonly isReached: () => boolean
  /**
   * Probes what is down in the background, and calls `onBack` for each that answers again. Until
   * `signal` aborts.
   */
  readonly keepProbing: (signal: AbortSignal, onBack: () => void) => Promise<void>
}

export type ManagersPorts = {
  readonly http: HttpClient
  readonly clock: Clock
  readonly random: () => number
}

/** Creates the memory of an agent's managers. */
export function createManagers(urls: readonly string[], { http, clock, random }: ManagersPorts): Managers {
  const states: readonly ManagerState[] = urls.map((url) => ({
    url,
    isProven: false,
    blockedUntil: 0,
    isDown: false,
  }))
  const update = (url: string, change: Partial<Omit<ManagerState, 'url'>>) => {
    const state = states.find((one) => one.url === url)
    if (state) Object.assign(state, change)
  }
  const probe = async ({ url }: ManagerState): Promise<boolean> => {
    const answer = await http.send({
      method: 'GET',
      url: `${url}/status/healthcheck`,
      timeoutMs: PROBE_TIMEOUT_MS,
    })
    return answer.kind === 'answer' && answer.status === 200
  }

  return {
    usable: () => states.filter((state) => clock.now() >= state.blockedUntil).map((state) => state.url),
    succeeded: (url) => update(url, { isProven: true, blockedUntil: 0, isDown: false }),
    failed: (url) => update(url, { isProven: false, blockedUntil: clock.now() + DOWN_MS, isDown: true }),
    forgive: () => {
      for (const { url } of states) update(url, { blockedUntil: 0, isDown: false })
    },
    busy: (url, retryAfterMs) => {
      const patience = Math.min(retryAfterMs, MOST_PATIENCE_MS) * (1 + random() / 2)
      update(url, { blockedUntil: clock.now() + patience, isDown: false })
    },
    isPatienceAsked: () => states.some((state) => !state.isDown && clock.now() < state.blockedUntil),
    isReached: () => states.some((state) => state.isProven),
    keepProbing: (signal, onBack) => {
      const attempt = async () => {
        const down = states.filter((state) => state.isDown)
        for (const state of down) {
          const isBack = await probe(state)
          update(
            state.url,
            isBack ? { blockedUntil: 0, isDown: false } : { blockedUntil: clock.now() + DOWN_MS },
          )
          if (isBack) onBack()
        }
        return down.length === 0 ? 'settled' : 'again'
      }
      return keepTrying({ clock, random }, PROBING, attempt, signal)
    },
  }
}
