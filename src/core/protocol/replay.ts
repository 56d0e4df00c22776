import { REPLAY_NONCES, REPLAY_WINDOW_MS } from './constants.js'

/** What is remembered of an agent's accepted reports, as far as one new report needs it. */
export type ReplayMemory = {
  /** The tick of the last accepted report; -1 before the first. */
  readonly lastTick: number
  /** The `hmac` of the accepted envelope that used this nonce, if it is remembered. */
  readonly hmacOf: (nonce: string) => string | undefined
}

export type ReplayVerdict = 'new' | 'duplicate' | 'replayed' | 'stale_tick'

/** The replay rule, in the order the protocol asks (section 3): same envelope, used nonce, tick not greater. */
export function judgeReplay(
  memory: ReplayMemory,
  report: { nonce: string; hmac: string; tick: number },
): ReplayVerdict {
  const known = memory.hmacOf(report.nonce)
  if (known !== undefined) return known === report.hmac ? 'duplicate' : 'replayed'
  return report.tick > memory.lastTick ? 'new' : 'stale_tick'
}

/**
 * Whether a remembered nonce may be forgotten: it is neither among the last 120 nor younger than
 * 20 minutes (section 3). `newer` counts the nonces accepted after it, `ageMs` its age.
 */
export function mayForgetNonce(newer: number, ageMs: number): boolean {
  return newer >= REPLAY_NONCES && ageMs >= REPLAY_WINDOW_MS
}
