/** Constants of protocol version 1 (docs/protocol.md, sections 1, 3, 5 and 6). */

export const PROTOCOL_VERSION = 1
export const MANAGER_PORT = 5086
export const AGENT_PORT = 5087

/** Seconds between two reports, and the share by which each wait is spread. */
export const REPORT_INTERVAL_S = 30
export const REPORT_JITTER = 0.1

/** A report is refused when its timestamp is further than this from the receiver's clock. */
export const CLOCK_WINDOW_MS = 600_000

/** Largest request body, before and after decompression. */
export const MAX_BODY_BYTES = 1_048_576
/** Nesting levels allowed inside `data`; its outermost object is the first. */
export const MAX_NESTING = 16

/** A shorter fleet secret is refused. */
export const MIN_PSK_BYTES = 16
/** Keys accepted beside the current one, and for how long after they were replaced. */
export const PREVIOUS_KEYS = 2
export const PREVIOUS_KEY_MS = 24 * 3_600_000
/** How often the secret is looked up again, and how soon after `bad_signature` at the earliest. */
export const PSK_REFRESH_MS = 3_600_000
export const PSK_REFRESH_ON_REFUSAL_MS = 60_000

/** Nonces remembered for an agent: this many, and every one younger than this, whichever is more. */
export const REPLAY_NONCES = 120
export const REPLAY_WINDOW_MS = 20 * 60_000

/** Agents that may forward one report. */
export const MAX_HOPS = 3

/** Addresses that one discovery asks, how many at a time, and for how long each. */
export const MAX_PROBES = 512
export const PARALLEL_PROBES = 32
export const PROBE_TIMEOUT_MS = 800
/** The shortest prefix, by family, whose addresses are all asked. */
export const WIDEST_SWEPT = { 4: 22, 6: 118 } as const
