import type { CollectorFailure } from '../../core/protocol/report.js'
import type { Host } from '../host.js'
import { readIp } from './read-ip.js'

export type Family = 4 | 6

export type FamiliesReading<T> =
  | { readonly kind: 'ok'; readonly value: readonly T[] }
  | { readonly kind: 'failed'; readonly failures: readonly CollectorFailure[] }

/** What is asked of `ip` once for each family, and how the answer for one is parsed. */
export type FamilyQuestion<T> = {
  readonly collector: string
  readonly argsOf: (family: Family) => readonly string[]
  readonly parse: (text: string, family: Family) => readonly T[] | undefined
}

/** IPv4's answer, then IPv6's. When one is missing all is: half a list would lie. */
export async function readFamilies<T>(host: Host, question: FamilyQuestion<T>): Promise<FamiliesReading<T>> {
  const { collector, argsOf, parse } = question
  const readFamily = (family: Family) => readIp(host, argsOf(family), (text) => parse(text, family))
  const [ipv4, ipv6] = await Promise.all([readFamily(4), readFamily(6)])
  if (ipv4.kind === 'ok' && ipv6.kind === 'ok') return { kind: 'ok', value: [...ipv4.value, ...ipv6.value] }
  if (ipv4.kind === 'ok' && !(await hasIpv6(host))) return { kind: 'ok', value: ipv4.value }
  const failed = [ipv4, ipv6].filter((reading) => reading.kind === 'failed')
  // Where `ip` is missing, both say the same.
  const byMessage = new Map(failed.map(({ code, message }) => [message, { collector, code, message }]))
  return { kind: 'failed', failures: [...byMessage.values()] }
}

/** A kernel booted with `ipv6.disable=1` has no such file, and nothing of IPv6 to be asked for. */
async function hasIpv6(host: Host): Promise<boolean> {
  const file = await host.readText('/proc/net/if_inet6')
  return file.kind === 'ok' || file.code !== 'not_found'
}
