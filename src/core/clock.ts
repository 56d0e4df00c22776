/** Time as an argument: real in the daemon, moved by hand in tests and simulations. */
export type Clock = {
  /** Milliseconds since the Unix epoch, UTC. */
  readonly now: () => number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}
