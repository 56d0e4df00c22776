/** How much a relay carries for one sender, and for all. */
export type RelayLimits = {
  /** Reports a second for a sender in the long run, and how many may come at once. */
  readonly perSecond: number
  readonly burst: number
  readonly atOncePerSender: number
  readonly atOnce: number
}

/** A relay may stand before a whole site whose spools are draining: two reports a second for 20 agents. */
export const RELAY_LIMITS: RelayLimits = { perSecond: 40, burst: 200, atOncePerSender: 16, atOnce: 64 }

export type RelayGate = {
  /** Lets one report of a sender in and gives the function that lets it out; undefined when it is too much. */
  readonly enter: (sender: string) => (() => void) | undefined
}

type Sender = { tokens: number; at: number; inside: number }

/** Creates the gate of a relay: a token bucket for each sender, and how many are inside at once. */
export function createRelayGate(limits: RelayLimits, now: () => number): RelayGate {
  const senders = new Map<string, Sender>()
  let inside = 0

  const refill = (sender: Sender): void => {
    const elapsedMs = Math.max(0, now() - sender.at)
    sender.tokens = Math.min(limits.burst, sender.tokens + (elapsedMs / 1000) * limits.perSecond)
    sender.at = now()
  }
  /** A sender whose bucket is full again is as good as a new one: memory stays with the busy ones. */
  const forgetIdle = (): void => {
    for (const [id, sender] of senders) {
      refill(sender)
      if (sender.inside === 0 && sender.tokens >= limits.burst) senders.delete(id)
    }
  }

  return {
    enter: (id) => {
      if (senders.size > 10 * limits.atOnce) forgetIdle()
      const sender = senders.get(id) ?? { tokens: limits.burst, at: now(), inside: 0 }
      senders.set(id, sender)
      refill(sender)
      if (sender.tokens < 1 || sender.inside >= limits.atOncePerSender || inside >= limits.atOnce)
        return undefined
      sender.tokens--
      sender.inside++
      inside++
      return () => {
        sender.inside--
        inside--
      }
    },
  }
}
