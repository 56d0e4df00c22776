import { MIN_PSK_BYTES, PREVIOUS_KEY_MS, PREVIOUS_KEYS } from './protocol/constants.js'
import type { Psk } from './protocol/mac.js'

/** A fleet secret and when it was in force; `retiredAt` is null for the current one. Times in ms. */
type HeldKey = {
  readonly secret: Psk
  readonly firstSeenAt: number
  readonly retiredAt: number | null
}

/** The secrets of a fleet, newest first; the first one is current. Empty before any was found. */
export type Keyring = readonly HeldKey[]

/** The keyring after `secret` was found to be the published one: unchanged when it is current already. */
export function rotateKeyring(keyring: Keyring, secret: Psk, now: number): Keyring {
  const [current, ...previous] = keyring
  if (current && isSameSecret(current.secret, secret)) return keyring
  const others = (current ? [{ ...current, retiredAt: now }, ...previous] : []).filter(
    (key) => !isSameSecret(key.secret, secret),
  )
  return [{ secret, firstSeenAt: now, retiredAt: null }, ...others.slice(0, PREVIOUS_KEYS)]
}

/** The secrets that are accepted now, current first: at most two previous ones, each for at most 24 h (protocol section 6). */
export function acceptedKeys(keyring: Keyring, now: number): readonly Psk[] {
  return keyring
    .slice(0, 1 + PREVIOUS_KEYS)
    .filter((key) => key.retiredAt === null || now - key.retiredAt < PREVIOUS_KEY_MS)
    .map((key) => key.secret)
}

function isSameSecret(a: Psk, b: Psk): boolean {
  return Buffer.compare(a, b) === 0
}

/** Why these bytes cannot be a fleet secret, or undefined when they can (protocol section 1). */
export function secretFault(secret: Psk): string | undefined {
  if (secret.length === 0) return 'it is empty'
  if (secret.length < MIN_PSK_BYTES)
    return `it has ${secret.length} bytes, and at least ${MIN_PSK_BYTES} are needed`
  return undefined
}

const TXT_PREFIX = 'kattila-psk='

/**
 * The secret among the TXT records of a name, each given as its chunks: chunks joined, one pair of
 * surrounding double quotes stripped, a record with the `kattila-psk=` prefix preferred. Their order
 * means nothing, so several records without the prefix are undecidable. Resolvers hand bytes over as
 * latin-1 text. Example: `["kattila-psk=correct horse ", "battery staple"]`.
 */
export function parseTxtSecret(
  records: readonly (readonly string[])[],
): { kind: 'secret'; secret: Psk } | { kind: 'none'; why: string } {
  const texts = records.map((chunks) => stripQuotes(chunks.join('')))
  const marked = texts
    .filter((text) => text.startsWith(TXT_PREFIX))
    .map((text) => stripQuotes(text.slice(TXT_PREFIX.length)))
  const [text, ...rest] = marked.length > 0 ? marked : texts
  if (text === undefined) return { kind: 'none', why: 'it has no TXT record' }
  if (rest.length > 0) {
    return {
      kind: 'none',
      why: `it has ${rest.length + 1} TXT records that could be the secret; mark one with ${TXT_PREFIX}`,
    }
  }
  return { kind: 'secret', secret: Buffer.from(text, 'latin1') }
}

function stripQuotes(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
