import type { CollectorFailure, System } from '../../core/protocol/report.js'
import type { Host, HostFailure, HostResult } from '../host.js'
import { parseMounts } from '../mounts.js'
import type { Collector } from '../snapshot.js'

/** The section is always there; a part of it that could not be read is null and has its own failure. */
export const system: Collector = {
  name: 'system',
  collect: async (host) => {
    const failures: CollectorFailure[] = []
    const fail = ({ code, message }: Pick<HostFailure, 'message'> & { code: string }) => {
      failures.push({ collector: 'system', code, message })
    }
    const readFile = <T>(path: string, parse: (text: string) => T | undefined) =>
      readPart(host, path, parse, fail)
    const [kernel, uptimeS, load, memory, mounts, ipv4, ipv6] = await Promise.all([
      readFile('/proc/sys/kernel/osrelease', (text) => text.trim() || undefined),
      readFile('/proc/uptime', parseUptime),
      readFile('/proc/loadavg', parseLoad),
      readFile('/proc/meminfo', parseMemory),
      readFile('/proc/mounts', parseMounts),
      readFile('/proc/sys/net/ipv4/ip_forward', parseForwarding),
      readIpv6Forwarding(host, fail),
    ])
    const filesystems = mounts && (await readFilesystems(host, mounts, fail))
    const found: System = {
      os: 'linux',
      kernel,
      arch: host.arch(),
      uptimeS,
      cpus: host.cpus(),
      load,
      memory,
      filesystems,
      forwarding: { ipv4, ipv6 },
    }
    return {
      sections: { system: found },
      failures: failures.toSorted((a, b) => (a.message < b.message ? -1 : 1)),
    }
  },
}

type Fail = (failure: Pick<HostFailure, 'message'> & { code: string }) => void

async function readPart<T>(
  host: Host,
  path: string,
  parse: (text: string) => T | undefined,
  fail: Fail,
): Promise<T | null> {
  const file = await host.readText(path)
  if (file.kind === 'failed') {
    fail(file)
    return null
  }
  const value = parse(file.value)
  if (value === undefined) fail({ code: 'unparsable', message: `${path} does not read as it should` })
  return value ?? null
}

/** A kernel without IPv6 has no such file, and surely does not forward it. */
async function readIpv6Forwarding(host: Host, fail: Fail): Promise<boolean | null> {
  const path = '/proc/sys/net/ipv6/conf/all/forwarding'
  const file = await host.readText(path)
  if (file.kind === 'failed' && file.code === 'not_found') return false
  return readPart(host, path, parseForwarding, fail)
}

/** Room on each mount; one that cannot be asked is left out, with a failure. */
async function readFilesystems(
  host: Host,
  mounts: readonly string[],
  fail: Fail,
): Promise<NonNullable<System['filesystems']>> {
  const spaces: readonly (readonly [string, HostResult<{ totalBytes: number; availableBytes: number }>])[] =
    await Promise.all(mounts.map(async (mount) => [mount, await host.readSpace(mount)] as const))
  return spaces.flatMap(([mount, space]) => {
    if (space.kind === 'ok') return [{ mount, ...space.value }]
    fail(space)
    return []
  })
}

/** Whole seconds of `838.40 1588.00` in /proc/uptime. */
export function parseUptime(text: string): number | undefined {
  const uptime = /^([0-9]+)\.[0-9]+ /.exec(text)
  return uptime ? Number(uptime[1]) : undefined
}

/** The averages over 1, 5 and 15 minutes of `0.10 0.20 0.30 1/100 1` in /proc/loadavg. */
export function parseLoad(text: string): readonly number[] | undefined {
  const averages = /^([0-9.]+) ([0-9.]+) ([0-9.]+) /.exec(text)
  return averages ? averages.slice(1).map(Number) : undefined
}

/** Of /proc/meminfo, with lines like `MemAvailable:    1829980 kB`. */
export function parseMemory(text: string): { totalBytes: number; availableBytes: number } | undefined {
  const bytesOf = (name: string) => {
    const line = new RegExp(`^${name}: +([0-9]+) kB$`, 'm').exec(text)
    return line ? Number(line[1]) * 1024 : undefined
  }
  const totalBytes = bytesOf('MemTotal')
  const availableBytes = bytesOf('MemAvailable')
  return totalBytes === undefined || availableBytes === undefined ? undefined : { totalBytes, availableBytes }
}

/** `0` is off, `1` and (of IPv6) `2` are on. */
export function parseForwarding(text: string): boolean | undefined {
  return /^[0-9]+$/.test(text.trim()) ? text.trim() !== '0' : undefined
}
