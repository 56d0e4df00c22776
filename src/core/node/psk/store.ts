import type { Clock } from '../../clock.js'
import { KattilaError, reasonOf } from '../../error.js'
import { acceptedKeys, type Keyring, rotateKeyring, secretFault } from '../../keyring.js'
import type { Log } from '../../log.js'
import { PSK_REFRESH_ON_REFUSAL_MS } from '../../protocol/constants.js'
import type { Psk } from '../../protocol/mac.js'
import { readKeyring, writeKeyring } from './keyring-file.js'
import type { PskReading, PskSource } from './source.js'

/** The fleet's secrets in a running process, kept fresh without a restart. */
export type PskStore = {
  readonly source: PskSource
  /** The secret to sign with. */
  readonly current: () => Psk
  /** The secrets to accept, current first. */
  readonly accepted: () => readonly Psk[]
  readonly keyring: () => Keyring
  /** Since when the source holds the current secret, ms; null where it does not say. */
  readonly publishedAt: () => number | null
  /** Why the source gave no secret when it was last read; null when it did. */
  readonly unavailable: () => string | null
  /** Reads the source again, at most once a minute: for when the other side refused a MAC. True when the secret changed. */
  readonly refreshAfterRefusal: () => Promise<boolean>
  /** Reads the source again as often as it is worth, until `signal` aborts. */
  readonly keepFresh: (signal: AbortSignal) => Promise<void>
}

/**
 * Opens the secrets of a source. With `keptAt` the last good ones are kept in that file and used
 * while the source is unavailable; a secret from the environment is never written. Throws
 * `secret_unavailable` when there is no usable secret at all.
 */
export async function openPskStore(
  source: PskSource | undefined,
  keptAt: string,
  clock: Clock,
  log: Log,
): Promise<PskStore> {
  if (!source) {
    throw new KattilaError('secret_unavailable', 'no fleet secret is configured', {
      suggestion:
        'set KATTILA_PSK, KATTILA_PSK_FILE or DNS, or run kattila up once: it generates one for this machine',
    })
  }
  const isKept = source.kind !== 'environment'
  let keyring: Keyring = isKept ? await readKeyring(keptAt, log) : []
  let unavailable: string | undefined
  let publishedAt: number | null = null
  let lastRefusalAt = Number.NEGATIVE_INFINITY

  const miss = (why: string): false => {
    if (unavailable !== why && keyring.length > 0) {
      log.warn(
        { source: source.where, reason: why },
        'the fleet secret is unavailable; going on with the last good one',
      )
    }
    unavailable = why
    return false
  }
  const keep = async () => {
    if (!isKept) return
    await writeKeyring(keptAt, keyring).catch((thrown) =>
      log.warn({ path: keptAt, reason: reasonOf(thrown) }, 'the fleet secret cannot be kept on disk'),
    )
  }
  /** True when the secret changed. */
  const take = async (reading: PskReading): Promise<boolean> => {
    if (reading.kind === 'unavailable') return miss(reading.why)
    const fault = secretFault(reading.secret)
    if (fault !== undefined) return miss(fault)
    if (unavailable !== undefined) log.info({ source: source.where }, 'the fleet secret is available again')
    unavailable = undefined
    publishedAt = reading.publishedAt
    const next = rotateKeyring(keyring, reading.secret, clock.now())
    if (next === keyring) return false
    if (keyring.length > 0) log.info({ source: source.where }, 'the fleet secret was rotated')
    keyring = next
    await keep()
    return true
  }

  await take(await source.read())
  if (keyring.length === 0) {
    throw new KattilaError(
      'secret_unavailable',
      `the fleet secret cannot be used: ${source.where}: ${unavailable}`,
      {
        suggestion:
          'publish a secret of at least 16 bytes there, e.g. one made with: openssl rand -base64 32',
      },
    )
  }
  if (source.kind === 'dns')
    log.warn(
      { source: source.where },
      'a TXT record is readable by whoever can query the name; prefer a file where that is too many',
    )

  return {
    source,
    current: () => {
      const [key] = keyring
      if (!key) throw new Error('a keyring is never empty once opened')
      return key.secret
    },
    accepted: () => acceptedKeys(keyring, clock.now()),
    keyring: () => keyring,
    publishedAt: () => publishedAt,
    unavailable: () => unavailable ?? null,
    refreshAfterRefusal: async () => {
      if (source.refreshMs === null || clock.now() - lastRefusalAt < PSK_REFRESH_ON_REFUSAL_MS) return false
      lastRefusalAt = clock.now()
      return take(await source.read())
    },
    keepFresh: async (signal) => {
      while (source.refreshMs !== null && !signal.aborted) {
        await clock.sleep(source.refreshMs, signal)
        if (!signal.aborted) await take(await source.read())
      }
    },
  }
}
