import ipaddr from 'ipaddr.js'

/** All addresses that begin with the same bits; a single address is a prefix of full length. */
export type Prefix = {
  readonly family: 4 | 6
  /** The lowest address, as a number. */
  readonly first: bigint
  /** How many bits are fixed, at most 32 or 128. */
  readonly length: number
}

/** Bits of an address, by family. */
const BITS = { 4: 32, 6: 128 } as const

/**
 * A prefix, or an address as one of full length; bits beyond the length are cleared. Undefined for
 * anything else, also for IPv4 in fewer than four decimal parts and for an address with a zone.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const parts = parseParts(text)
  if (!parts) return undefined
  const free = BigInt(BITS[parts.family] - parts.length)
  return { family: parts.family, first: (parts.address >> free) << free, length: parts.length }
}

/** `10.66.0.0/24`, `fd66::/64`, `fd66::11/128`: the one form of all that mean the same. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.family, prefix.first)}/${prefix.length}`
}

/** The address in `10.66.0.11/24` or `FD66:0::11` in its one form, without the length. */
export function normaliseAddress(text: string): string | undefined {
  const parts = parseParts(text)
  return parts && formatAddress(parts.family, parts.address)
}

/** How many bits of its addresses are free: 0 for a single address. */
export function freeBits({ family, length }: Prefix): number {
  return BITS[family] - length
}

/** The addresses a host may have in a prefix, ascending: those of IPv4 without network and broadcast, but in /31 and /32. */
export function* hostAddresses(prefix: Prefix): Generator<string, void, undefined> {
  const free = freeBits(prefix)
  const isReserving = prefix.family === 4 && free >= 2
  const last = prefix.first + (1n << BigInt(free)) - 1n
  const end = isReserving ? last - 1n : last
  for (let address = isReserving ? prefix.first + 1n : prefix.first; address <= end; address++)
    yield formatAddress(prefix.family, address)
}

/** What RFC 1918 and RFC 4193 set apart for networks that are not the internet. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].flatMap(
  (text) => parsePrefix(text) ?? [],
)

/** Whether every address of a prefix is private or unique-local. */
export function isPrivate(prefix: Prefix): boolean {
  return PRIVATE.some((range) => contains(range, prefix))
}

function contains(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false
  const free = BigInt(freeBits(outer))
  return inner.first >> free === outer.first >> free
}

function parseParts(text: string): { family: 4 | 6; address: bigint; length: number } | undefined {
  const [, address = '', length] = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  // Without the second test ipaddr.js takes `10.1` and `012.0.0.1`, and reads the latter as octal.
  if (!ipaddr.IPv6.isValid(address) && !ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined
  const bytes = ipaddr.parse(address).toByteArray()
  const family = bytes.length === 4 ? 4 : 6
  const fixed = length === undefined ? BITS[family] : Number(length)
  if (fixed > BITS[family]) return undefined
  return { family, address: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n), length: fixed }
}

function formatAddress(family: 4 | 6, address: bigint): string {
  const bytes = Array.from({ length: BITS[family] / 8 }, (_, i) =>
    Number((address >> BigInt(BITS[family] - 8 * (i + 1))) & 0xffn),
  )
  return ipaddr.fromByteArray(bytes).toString()
}
