import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host, HostFailure, HostResult } from '../../src/agent/host.js'

const HOSTS = new URL('../fixtures/hosts/', import.meta.url).pathname

/** The captured situations, by folder name. */
export const SITUATIONS: readonly string[] = readdirSync(HOSTS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .toSorted()

/** Answers by command line or path, for a test to change some of them. */
export type Answers = {
  readonly commands: Readonly<Record<string, string | HostFailure>>
  readonly files: Readonly<Record<string, string | HostFailure>>
}

export type FixtureHost = { readonly host: Host; readonly capturedAt: number }

/** What the captures lack; the same for every host. */
const SUPPLIED_FILES = {
  '/proc/mounts': [
    'proc /proc proc rw,relatime 0 0',
    'sysfs /sys sysfs rw,relatime 0 0',
    '/dev/vda / ext4 rw,relatime,discard 0 0',
    'tmpfs /run/wireguard tmpfs rw,relatime 0 0',
    '',
  ].join('\n'),
  '/proc/sys/kernel/random/boot_id': '37b2f2ae-e171-436e-9e35-51f51361d465\n',
  '/proc/sys/net/ipv6/conf/all/forwarding': '0\n',
}

/** The host that was captured in a situation; `change` replaces some of its answers. */
export function openFixtureHost(situation: string, change: Partial<Answers> = {}): FixtureHost {
  const read = (file: string) => readFileSync(join(HOSTS, situation, file), 'utf8')
  const about = JSON.parse(read('host.json'))
  const commands: Answers['commands'] = {
    'ip -j -d -s -s addr show': joinLinks(
      read('ip-d-addr.json'),
      read('ip-s-link.json'),
      read('sys-class-net.txt'),
    ),
    'ip -j -d -4 route show table all': routesOf(4, read('ip-route-all.json')),
    'ip -j -d -6 route show table all': routesOf(6, read('ip-route-all.json')),
    'ip -j -4 rule show': read('ip-rule.json'),
    'ip -j -6 rule show': read('ip-rule6.json'),
    'ip -j neigh show': read('ip-neigh.json'),
    'wg show all dump': read('wg-show-all-dump.txt'),
    ...change.commands,
  }
  const files: Answers['files'] = {
    ...SUPPLIED_FILES,
    '/proc/uptime': read('proc-uptime.txt'),
    '/proc/loadavg': read('proc-loadavg.txt'),
    '/proc/meminfo': read('proc-meminfo.txt'),
    '/proc/sys/kernel/osrelease': `${about.kernel}\n`,
    '/proc/sys/net/ipv4/ip_forward': about.ipv4Forwarding ? '1\n' : '0\n',
    ...change.files,
  }
  const host: Host = {
    run: async (command, args) => answer(commands[[command, ...args].join(' ')], 'not_installed', command),
    readText: async (path) => answer(files[path], 'not_found', path),
    readSpace: async () => ({
      kind: 'ok',
      value: { totalBytes: 64 * 2 ** 30, availableBytes: 48 * 2 ** 30 },
    }),
    hostname: () => about.hostname,
    arch: () => 'x64',
    cpus: () => about.cpus,
  }
  return { host, capturedAt: about.capturedAt }
}

/** A secret of a capture: a private key of an interface, a preshared key of a peer. */
export function secretsOf(dump: string): readonly string[] {
  return dump
    .split('\n')
    .map((line) => line.split('\t'))
    .map((columns) => (columns.length === 5 ? columns[1] : columns.length === 9 ? columns[2] : undefined))
    .filter((secret): secret is string => secret !== undefined && secret !== '(none)')
}

export function dumpOf(situation: string): string {
  return readFileSync(join(HOSTS, situation, 'wg-show-all-dump.txt'), 'utf8')
}

export function failed(code: HostFailure['code'], message: string): HostFailure {
  return { kind: 'failed', code, message }
}

function answer(
  found: string | HostFailure | undefined,
  code: HostFailure['code'],
  what: string,
): Promise<HostResult<string>> {
  if (found === undefined) return Promise.resolve(failed(code, `${what} is not in the captures`))
  return Promise.resolve(typeof found === 'string' ? { kind: 'ok', value: found } : found)
}

type Link = { ifindex: number; ifname: string; stats64?: { tx: object } }

/** The answer of `ip -j -d -s -s addr show` out of what was captured in three pieces. */
function joinLinks(addresses: string, statistics: string, sysClassNet: string): string {
  const counted = new Map((JSON.parse(statistics) as Link[]).map((link) => [link.ifindex, link.stats64]))
  const changes = new Map(
    [...sysClassNet.matchAll(/^(.+)\/carrier_changes=(\d+)/gm)].map(([, name, count]) => [
      name,
      Number(count),
    ]),
  )
  const links = JSON.parse(addresses) as Link[]
  return JSON.stringify(
    links.map((link) => {
      const stats64 = counted.get(link.ifindex)
      const carrier_changes = changes.get(link.ifname)
      return { ...link, stats64: stats64 && { ...stats64, tx: { ...stats64.tx, carrier_changes } } }
    }),
  )
}

function routesOf(family: 4 | 6, all: string): string {
  const routes = JSON.parse(all) as object[]
  return JSON.stringify(routes.filter((route) => 'pref' in route === (family === 6)))
}
