import type { Clock } from '../../core/clock.js'
import type { HttpClient } from '../../core/node/http.js'

/** For how long a manager that did not answer is not asked again with a report (issue 3), ms. */
const DOWN_MS = 30_000
/** A manager that asks for patience gets at most this much, ms. */
const MOST_PATIENCE_MS = 300_000
/** The wait before a manager that is down is probed: doubling from the first to the last, ms. */
const FIRST_PROBE_MS = 4000
const LAST_PROBE_MS = 30_000
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
   * Probes what is down in the background, with waits that grow and are spread, so that a fleet does
   * not come back in one second; calls `onBack` for each that answers again. Until `signal` aborts.
   */
  readonly keepProbing: (signal: AbortSignal, onBack: () => void) => Promise<void>
}

export type ManagersPorts = { readonly http: HttpClient; readonly clock: Clock; readonly random: () => number }

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
      update(url, { blockedUntil: clock.now() + patience })
    },
    isPatienceAsked: () => states.some((state) => !state.isDown && clock.now() < state.blockedUntil),
    isReached: () => states.some((state) => state.isProven),
    keepProbing: async (signal, onBack) => {
      let waitMs = FIRST_PROBE_MS
      while (!signal.aborted) {
        await clock.sleep(waitMs * (0.5 + random() / 2), signal)
        const down = states.filter((state) => state.isDown)
        waitMs = down.length === 0 ? FIRST_PROBE_MS : Math.min(2 * waitMs, LAST_PROBE_MS)
        for (const state of down) {
          if (signal.aborted) return
          if (await probe(state)) {
            update(state.url, { blockedUntil: 0, isDown: false })
            onBack()
          } else update(state.url, { blockedUntil: clock.now() + DOWN_MS })
        }
      }
    },
  }
}
