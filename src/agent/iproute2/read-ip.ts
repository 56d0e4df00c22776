import { z } from 'zod'
import type { CollectorFailureCode, Host } from '../host.js'

export type IpReading<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly code: CollectorFailureCode; readonly message: string }

/** What `ip` with these arguments printed, parsed; a parser that returns undefined makes it unparsable. */
export async function readIp<T>(
  host: Host,
  args: readonly string[],
  parse: (text: string) => T | undefined,
): Promise<IpReading<T>> {
  const command = ['ip', ...args].join(' ')
  const result = await host.run('ip', args)
  if (result.kind === 'failed') {
    return result.code === 'not_installed' ? { ...result, message: NOT_INSTALLED } : result
  }
  const value = parse(result.value)
  return value === undefined
    ? { kind: 'failed', code: 'unparsable', message: unparsable(command) }
    : { kind: 'ok', value }
}

const NOT_INSTALLED = '`ip` was not found on this host; it comes with the Debian package iproute2'

function unparsable(command: string): string {
  return `\`${command}\` printed something else than the JSON expected of it; is its iproute2 older than 4.15 or a busybox?`
}

/**
 * The entries of a JSON array that `ip -j` printed, or undefined when it is not one or an entry is
 * not of the given shape. Where there is nothing to show some versions print an empty text instead
 * of `[]`, and for what a filter of theirs left out they print `{}` or `null`.
 */
export function parseEntries<T>(text: string, entry: z.ZodType<T>): readonly T[] | undefined {
  if (text.trim() === '') return []
  const json = parseJson(text)
  if (!Array.isArray(json)) return undefined
  const parsed = z.array(entry).safeParse(json.filter((item) => !isHollow(item)))
  return parsed.success ? parsed.data : undefined
}

function isHollow(item: unknown): boolean {
  return item === null || (typeof item === 'object' && Object.keys(item).length === 0)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
