import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { COLLECTORS, collectSnapshot } from '../../src/agent/collect.js'
import type { HostFailureCode } from '../../src/agent/host.js'
import type { Collector, Sections } from '../../src/agent/snapshot.js'
import { type Answers, dumpOf, failed, openFixtureHost, secretsOf } from './fixture-host.js'

const clock = { now: () => 1_795_198_700_000 }
const SITUATION = 'mesh6-n1-healthy'
const WHOLE: readonly (keyof Sections)[] = [
  'system',
  'interfaces',
  'routes',
  'rules',
  'wgInterfaces',
  'wgPeers',
  'neighbours',
]

function snapshotWith(change: Partial<Answers>) {
  return collectSnapshot(openFixtureHost(SITUATION, change).host, clock)
}

test('every file in the folder of collectors is listed, under its own name', () => {
  const files = readdirSync(new URL('../../src/agent/collectors', import.meta.url))
  expect(COLLECTORS.map(({ name }) => `${name}.ts`).toSorted()).toEqual(files.toSorted())
})

test('a healthy host fills every section', async () => {
  const { sections, failures } = await snapshotWith({})
  expect(Object.keys(sections).toSorted()).toEqual(WHOLE.toSorted())
  expect(failures).toEqual([])
})

test('a snapshot carries the time it was begun, the host name and the boot', async () => {
  expect(await snapshotWith({})).toMatchObject({
    collectedAt: 1_795_198_700_000,
    hostname: 'n1',
    bootId: '37b2f2aee171436e9e3551f51361d465',
  })
})

test('without a boot id the rest is collected', async () => {
  const snapshot = await snapshotWith({
    files: { '/proc/sys/kernel/random/boot_id': failed('not_found', 'gone') },
  })
  expect(snapshot.bootId).toBe('')
  expect(snapshot.failures).toEqual([{ collector: 'boot_id', code: 'not_found', message: 'gone' }])
  expect(Object.keys(snapshot.sections)).toHaveLength(WHOLE.length)
})

describe('a bug in one collector', () => {
  const rejecting: Collector = {
    name: 'rejecting',
    collect: () => Promise.reject(new Error('no such property')),
  }
  const throwing: Collector = {
    name: 'throwing',
    collect: () => {
      throw new Error('not a function')
    },
  }

  test('becomes a failure and costs no other section', async () => {
    const { host } = openFixtureHost(SITUATION)
    const { sections, failures } = await collectSnapshot(host, clock, [rejecting, ...COLLECTORS, throwing])
    expect(Object.keys(sections)).toHaveLength(WHOLE.length)
    expect(failures).toEqual([
      {
        collector: 'rejecting',
        code: 'failed',
        message: 'the collector rejecting has a bug: no such property',
      },
      { collector: 'throwing', code: 'failed', message: 'the collector throwing has a bug: not a function' },
    ])
  })
})

describe('an interface that `wg` lists is wireguard', () => {
  const withDump = async (dump: string) => {
    const { sections } = await snapshotWith({ commands: { 'wg show all dump': dump } })
    return sections.interfaces?.find(({ name }) => name === 'wg0')?.kind
  }

  test('whatever the kernel calls it', async () => {
    expect(await withDump(dumpOf(SITUATION))).toBe('wireguard')
    expect(await withDump('')).toBe('tun')
  })

  test('even when it has no key yet', async () => {
    expect(await withDump('wg0\t(none)\t(none)\t0\toff\n')).toBe('wireguard')
  })
})

const V4_ROUTES = 'ip -j -d -4 route show table all'
const V6_ROUTES = 'ip -j -d -6 route show table all'
const V4_RULES = 'ip -j -4 rule show'
const V6_RULES = 'ip -j -6 rule show'
const WG = 'wg show all dump'

/** Each command, the collector that it serves, and the sections that are nothing without it. */
const COMMANDS: readonly (readonly [
  command: string,
  collector: string,
  sections: readonly (keyof Sections)[],
])[] = [
  ['ip -j -d -s -s addr show', 'interfaces', ['interfaces']],
  [V4_ROUTES, 'routes', ['routes']],
  [V6_ROUTES, 'routes', ['routes']],
  [V4_RULES, 'rules', ['rules']],
  [V6_RULES, 'rules', ['rules']],
  ['ip -j neigh show', 'neighbours', ['neighbours']],
  [WG, 'wireguard', ['wgInterfaces', 'wgPeers']],
]

describe.each(COMMANDS)('when `%s`', (command, collector, sections) => {
  // IPv6 is there, so that a failure of its half is one.
  const files = { '/proc/net/if_inet6': 'fe80 …\n' }

  async function expectLoss(answer: Answers['commands'][string], code: string) {
    const snapshot = await snapshotWith({ commands: { [command]: answer }, files })
    const left = WHOLE.filter((name) => !sections.includes(name))
    expect(Object.keys(snapshot.sections).toSorted()).toEqual(left.toSorted())
    expect(snapshot.failures.map(({ collector, code }) => ({ collector, code }))).toEqual([
      { collector, code },
    ])
    return snapshot.failures[0]?.message
  }

  test.each<HostFailureCode>(['not_permitted', 'timeout', 'too_large', 'failed'])(
    'fails as %s, the section is absent and the failure says so',
    async (code) => {
      const message = await expectLoss(failed(code, 'why it failed'), code)
      expect(message).toMatch(command === WG ? /^`wg show all dump` / : /^why it failed$/)
    },
  )

  test('is not installed, the failure names the package', async () => {
    const message = await expectLoss(failed('not_installed', 'not found'), 'not_installed')
    expect(message).toContain(command === WG ? 'wireguard-tools' : 'iproute2')
  })

  test('prints half of its answer, the section is absent', async () => {
    const half = command === WG ? dumpOf(SITUATION).slice(0, -30) : '[{"ifindex":1,'
    const message = await expectLoss(half, 'unparsable')
    expect(message).toContain(command)
    for (const secret of secretsOf(dumpOf(SITUATION))) expect(message).not.toContain(secret)
  })

  test('prints nothing, the section is there and empty', async () => {
    const both = Object.fromEntries(
      COMMANDS.filter(([, other]) => other === collector).map(([other]) => [other, '']),
    )
    const snapshot = await snapshotWith({ commands: both, files })
    expect(snapshot.failures).toEqual([])
    for (const name of sections) expect(snapshot.sections[name]).toEqual([])
  })
})

test('a missing `ip` is told once for both families', async () => {
  const gone = failed('not_installed', 'not found')
  const { failures } = await snapshotWith({ commands: { [V4_ROUTES]: gone, [V6_ROUTES]: gone } })
  expect(failures).toHaveLength(1)
})

test('a kernel without IPv6 has no routes and no rules of it, and that is no failure', async () => {
  const unsupported = failed('failed', 'RTNETLINK answers: Address family not supported by protocol')
  const { sections, failures } = await snapshotWith({
    commands: { [V6_ROUTES]: unsupported, [V6_RULES]: unsupported },
    files: { '/proc/net/if_inet6': failed('not_found', 'no such file') },
  })
  expect(failures).toEqual([])
  expect(new Set(sections.routes?.map(({ family }) => family))).toEqual(new Set([4]))
  expect(new Set(sections.rules?.map(({ family }) => family))).toEqual(new Set([4]))
})

test('a refused `wg` says what it needs', async () => {
  const { failures } = await snapshotWith({ commands: { [WG]: failed('not_permitted', 'any') } })
  expect(failures[0]?.message).toContain('root or with CAP_NET_ADMIN')
})

test('what `wg` printed on its way to failing stays out of the message', async () => {
  const leak = failed('failed', `\`wg show all dump\` ended with status 1: ${dumpOf(SITUATION)}`)
  const text = JSON.stringify(await snapshotWith({ commands: { [WG]: leak } }))
  for (const secret of secretsOf(dumpOf(SITUATION))) expect(text).not.toContain(secret)
})
