import { CLOCK_WINDOW_MS, MAX_HOPS } from './constants.js'
import type { Envelope } from './envelope.js'
import { computeMac, isSameMac, type Psk } from './mac.js'

/** The header that protects `relay_path` from one hop to the next (protocol section 5). */
export const HOP_HEADER = 'Kattila-Hop'

export type Hop = { readonly agentId: string; readonly at: number; readonly mac: string }

/** The text under a hop's MAC, after its purpose prefix. */
function hopContent(agentId: string, at: number, relayPath: readonly string[], hmac: string): string {
  return `${agentId}\n${at}\n${relayPath.join(',')}\n${hmac}`
}

/** The header of a hop: `v=1; agent=<sender id>; at=<ms>; mac=<hex>`. */
export function formatHop(psk: Psk, agentId: string, at: number, envelope: Envelope): string {
  const mac = computeMac(psk, 'hop', hopContent(agentId, at, envelope.relay_path, envelope.hmac))
  return `v=1; agent=${agentId}; at=${at}; mac=${mac}`
}

/** Parses `v=1; agent=0f…; at=1763650000123; mac=ab…`; undefined when it is anything else. */
export function parseHop(header: string): Hop | undefined {
  const match = /^v=1; ?agent=([0-9a-f]{32}); ?at=(\d{1,15}); ?mac=([0-9a-f]{64})$/.exec(header.trim())
  if (!match?.[1] || !match[2] || !match[3]) return undefined
  return { agentId: match[1], at: Number(match[2]), mac: match[3] }
}

/**
 * Why the hop header of a forwarded envelope does not hold, or undefined when it does: the sender is
 * the last relay (the origin when there is none), sent within the clock window, and its MAC is right.
 */
export function hopFault(
  envelope: Envelope,
  header: string | undefined,
  keys: readonly Psk[],
  now: number,
): string | undefined {
  if (header === undefined) return `the ${HOP_HEADER} header is missing`
  const hop = parseHop(header)
  if (!hop) return `the ${HOP_HEADER} header cannot be read`
  if (hop.agentId !== (envelope.relay_path.at(-1) ?? envelope.agent_id))
    return 'the sender is not the last agent of relay_path'
  if (Math.abs(now - hop.at) > CLOCK_WINDOW_MS) return 'the hop was made outside the clock window'
  const content = hopContent(hop.agentId, hop.at, envelope.relay_path, envelope.hmac)
  return keys.some((key) => isSameMac(computeMac(key, 'hop', content), hop.mac))
    ? undefined
    : 'no known key makes the MAC of the hop'
}

/**
 * The judgement of a whole `relay_path` by its receiver: the hop header, then loops, then length. A
 * direct envelope needs no header. Undefined when the path is good.
 */
export function judgePath(
  envelope: Envelope,
  { hop, keys, now }: { hop: string | undefined; keys: readonly Psk[]; now: number },
): { code: 'bad_hop' | 'relay_loop' | 'too_many_hops'; message: string } | undefined {
  const path = envelope.relay_path
  if (path.length === 0) return undefined
  const fault = hopFault(envelope, hop, keys, now)
  if (fault) return { code: 'bad_hop', message: fault }
  if (new Set([envelope.agent_id, ...path]).size !== path.length + 1)
    return { code: 'relay_loop', message: 'an agent stands twice in relay_path, or the origin in it' }
  if (path.length > MAX_HOPS)
    return { code: 'too_many_hops', message: `relay_path holds more than ${MAX_HOPS} agents` }
  return undefined
}
