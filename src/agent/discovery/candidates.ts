import {
  formatPrefix,
  freeBits,
  hostAddresses,
  isPrivate,
  normaliseAddress,
  type Prefix,
  parsePrefix,
} from '../../core/net/prefix.js'
import { MAX_PROBES, WIDEST_SWEPT } from '../../core/protocol/constants.js'
import type { Sections } from '../snapshot.js'

/** Why a prefix, or one address of it, is not probed; texts for people. */
const REASONS = {
  default_route: 'the default route is never swept',
  not_private: 'not private and not unique-local',
  too_wide: `wider than /${WIDEST_SWEPT[4]} of IPv4 or /${WIDEST_SWEPT[6]} of IPv6`,
  own_address: 'an address of this host',
  limit: `in whole or in part beyond the ${MAX_PROBES} addresses that are probed`,
  unreadable: 'no prefix',
} as const
type Reason = keyof typeof REASONS

/** A prefix that is not probed, or not all of it. */
type PassedOver = {
  readonly prefix: string
  readonly reason: Reason
  readonly message: string
}

/** What may be probed, in the order of probing, and what may not. */
export type Candidates = {
  readonly addresses: readonly string[]
  readonly passedOver: readonly PassedOver[]
}

/**
 * The addresses at which other agents may be (protocol section 6): those in AllowedIPs, private or
 * unique-local, single addresses first, then narrow prefixes before wide ones; none twice, none of
 * this host's own, and never more than `MAX_PROBES`.
 */
export function listCandidates({
  wgPeers,
  interfaces,
}: Pick<Sections, 'wgPeers' | 'interfaces'>): Candidates {
  const texts = [...new Set((wgPeers ?? []).flatMap((peer) => peer.allowedIps))].toSorted()
  const own = ownAddresses(interfaces)
  const addresses = new Set<string>()
  const passedOver = new Map<string, PassedOver>()
  const passOver = (prefix: string, reason: Reason) =>
    passedOver.set(`${prefix} ${reason}`, { prefix, reason, message: REASONS[reason] })

  const prefixes = inOrder(texts.flatMap((text) => parsePrefix(text) ?? []))
  for (const prefix of prefixes.filter((one) => !reasonAgainst(one))) {
    const skipped = takeAddresses(prefix, own, addresses)
    for (const address of skipped.own) passOver(address, 'own_address')
    if (skipped.isCut) passOver(formatPrefix(prefix), 'limit')
  }
  for (const prefix of prefixes) {
    const reason = reasonAgainst(prefix)
    if (reason) passOver(formatPrefix(prefix), reason)
  }
  for (const text of texts) if (!parsePrefix(text)) passOver(text, 'unreadable')
  return { addresses: [...addresses], passedOver: [...passedOver.values()] }
}

/** Adds the addresses of a prefix while there is room, and says what it did not add: `isCut` for want of room. */
function takeAddresses(prefix: Prefix, own: ReadonlySet<string>, taken: Set<string>) {
  const skipped: string[] = []
  for (const address of hostAddresses(prefix)) {
    if (own.has(address)) skipped.push(address)
    else if (taken.size < MAX_PROBES) taken.add(address)
    else if (!taken.has(address)) return { own: skipped, isCut: true }
  }
  return { own: skipped, isCut: false }
}

/** Not those of the WireGuard interfaces alone: a peer may be given a network this host is in by another way too. */
function ownAddresses(interfaces: Sections['interfaces']): ReadonlySet<string> {
  const texts = (interfaces ?? []).flatMap((one) => one.addresses)
  return new Set(texts.flatMap((text) => normaliseAddress(text) ?? []))
}

/** Narrow before wide; among equals by address, and IPv4 first, for its numbers are smaller. */
function inOrder(prefixes: readonly Prefix[]): readonly Prefix[] {
  return prefixes.toSorted((a, b) => freeBits(a) - freeBits(b) || Number(a.first - b.first))
}

function reasonAgainst(prefix: Prefix): Reason | undefined {
  if (prefix.length === 0) return 'default_route'
  if (!isPrivate(prefix)) return 'not_private'
  if (prefix.length < WIDEST_SWEPT[prefix.family]) return 'too_wide'
  return undefined
}
