import type { HttpClient, HttpOutcome } from '../../../src/core/node/http.js'
import { failed } from '../scripted-manager.js'

/** A network behind the HttpClient port, in virtual time. */

export type Request = Parameters<HttpClient['send']>[0]
/** What stands at an address: it answers, after as long as it likes, or is never heard of again. */
export type Place = (request: Request) => HttpOutcome | 'silence' | Promise<HttpOutcome | 'silence'>

export type Network = HttpClient & {
  /** Every request in the order it was sent, e.g. `POST http://a/status/updates`. */
  readonly asked: readonly string[]
  readonly requests: readonly (Request & { readonly at: number })[]
}

/** Gives the client of a network whose places are named by `http://host`; nobody else is there. */
export function createNetwork(
  clock: { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> },
  places: Readonly<Record<string, Place>> | ReadonlyMap<string, Place>,
): Network {
  const requests: (Request & { readonly at: number })[] = []
  const placeAt = (origin: string) =>
    places instanceof Map ? places.get(origin) : (places as Record<string, Place>)[origin]
  return {
    requests,
    get asked() {
      return requests.map(({ method, url }) => `${method} ${url}`)
    },
    send: async (request) => {
      const sentAt = clock.now()
      requests.push({ ...request, at: sentAt })
      const place = placeAt(/^https?:\/\/[^/]+/.exec(request.url)?.[0] ?? '')
      if (!place) return failed('refused')
      const answer = await place(request)
      if (answer !== 'silence' && clock.now() - sentAt <= request.timeoutMs) return answer
      await clock.sleep(Math.max(0, sentAt + request.timeoutMs - clock.now()))
      return failed('timed_out')
    },
    close: () => undefined,
  }
}
