import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { reasonOf } from '../../error.js'
import { parseTxtSecret } from '../../keyring.js'
import { PSK_REFRESH_MS } from '../../protocol/constants.js'
import type { Psk } from '../../protocol/mac.js'
import type { Settings } from '../../settings.js'
import type { ResolveTxt } from '../dns.js'

export type PskReading =
  /** `publishedAt` where the source knows since when it holds the secret, ms. */
  | { readonly kind: 'secret'; readonly secret: Psk; readonly publishedAt: number | null }
  | { readonly kind: 'unavailable'; readonly why: string }

/** The one place the fleet secret is read from. */
export type PskSource = {
  readonly kind: 'environment' | 'file' | 'dns' | 'generated'
  /** What a person calls it: a variable, a path, a DNS name. */
  readonly where: string
  readonly read: () => Promise<PskReading>
  /** How often it is worth reading again, ms; null when it cannot change in a running process. */
  readonly refreshMs: number | null
}

/** The file that `kattila up` writes a secret to when none is configured. */
export const generatedPskPath = (settings: Settings): string => resolve(settings.dataDir, 'fleet.psk')

/** A file is cheap to look at, so a rotation by file is noticed within this time, ms. */
const FILE_REFRESH_MS = 10_000

/**
 * The configured source, in the order KATTILA_PSK, KATTILA_PSK_FILE, DNS (issue 2), and after them
 * the secret that `kattila up` generated on this machine; undefined when there is none at all.
 */
export function findPskSource(settings: Settings, resolveTxt: ResolveTxt): PskSource | undefined {
  if (settings.psk !== null)
    return environmentSource(settings.psk, settings.origins.KATTILA_PSK ?? 'the environment')
  if (settings.pskFile !== null) return fileSource('file', settings.pskFile)
  if (settings.dns !== null) return dnsSource(settings.dns, resolveTxt)
  const generated = generatedPskPath(settings)
  return existsSync(generated) ? fileSource('generated', generated) : undefined
}

function environmentSource(psk: string, origin: string): PskSource {
  const secret = Buffer.from(psk, 'utf8')
  return {
    kind: 'environment',
    where: `KATTILA_PSK from ${origin}`,
    refreshMs: null,
    read: async () => ({ kind: 'secret', secret, publishedAt: null }),
  }
}

function fileSource(kind: 'file' | 'generated', path: string): PskSource {
  return {
    kind,
    where: path,
    refreshMs: FILE_REFRESH_MS,
    read: async () => {
      try {
        const [content, { mtimeMs }] = await Promise.all([readFile(path), stat(path)])
        return { kind: 'secret', secret: withoutLineEnd(content), publishedAt: Math.floor(mtimeMs) }
      } catch (thrown) {
        return { kind: 'unavailable', why: reasonOf(thrown) }
      }
    },
  }
}

/** An editor's line end is no part of the secret; every other byte is. */
function withoutLineEnd(content: Buffer): Buffer {
  if (content.at(-1) !== 0x0a) return content
  return content.subarray(0, content.at(-2) === 0x0d ? -2 : -1)
}

function dnsSource(name: string, resolveTxt: ResolveTxt): PskSource {
  return {
    kind: 'dns',
    where: `TXT record of ${name}`,
    refreshMs: PSK_REFRESH_MS,
    read: async () => {
      const answer = await resolveTxt(name)
      if (answer.kind === 'failed') return { kind: 'unavailable', why: answer.why }
      const parsed = parseTxtSecret(answer.records)
      return parsed.kind === 'secret'
        ? { kind: 'secret', secret: parsed.secret, publishedAt: null }
        : { kind: 'unavailable', why: `${name}: ${parsed.why}` }
    },
  }
}
