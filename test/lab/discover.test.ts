import { beforeAll, expect, test } from 'vitest'
import { provideFleet } from './fleet.js'
import { until } from './until.js'

/** n1 asks; n2 to n4 run agents, n5 is a host without one, and n6 lies dead. */
const LIVE = ['n2', 'n3', 'n4']
const MESH = ['10.66.0.12', '10.66.0.13', '10.66.0.14', '10.66.0.15', '10.66.0.16']

const fleet = provideFleet(['6'])

type Discovery = {
  readonly probed: number
  readonly candidates: readonly string[]
  readonly passed_over: readonly { readonly prefix: string; readonly reason: string }[]
  readonly agents: readonly { readonly agent_id: string; readonly address: string; readonly rtt_ms: number }[]
}
const discover = (...args: readonly string[]) => fleet().ask<Discovery>('n1', 'discover', ...args)
const onN1 = (...command: readonly string[]) => fleet().lab('exec', 'n1', ...command)

/** Counts what n1 sends to agents' ports, by destination, below everything that could refuse it. */
const COUNTER = `
add table inet count
add set inet count asked { type ipv4_addr; flags dynamic; size 65535; }
add set inet count asked6 { type ipv6_addr; flags dynamic; size 65535; }
add chain inet count out { type filter hook output priority 300; }
add rule inet count out oifname != "lo" tcp dport 5087 add @asked { ip daddr }
add rule inet count out oifname != "lo" tcp dport 5087 add @asked6 { ip6 daddr }
add rule inet count out oifname != "lo" udp dport 5087 counter
`

/** The addresses that n1 sent anything to since the last time it was asked this. */
async function takeAsked(): Promise<readonly string[]> {
  const sets = ['asked', 'asked6'].map(async (set) => {
    const { nftables } = JSON.parse(await onN1('nft', '-j', 'list', 'set', 'inet', 'count', set))
    await onN1('nft', 'flush', 'set', 'inet', 'count', set)
    return (nftables.find((one: object) => 'set' in one)?.set.elem ?? []) as readonly string[]
  })
  return (await Promise.all(sets)).flat().toSorted()
}

beforeAll(async () => {
  await fleet().startManager()
  for (const host of ['n1', ...LIVE]) await fleet().startAgent(host, 5)
  await until('all agents report', 60_000, () => LIVE.every((host) => fleet().filed(host).length > 0))
  await fleet().lab('kill', 'n6')
  await onN1('sh', '-c', `echo '${COUNTER}' | nft -f -`)
})

test('it finds exactly the live agents of a six-host mesh, and asks nobody else', async () => {
  const { agents, probed } = await discover()
  expect(agents.map(({ agent_id }) => agent_id).toSorted()).toEqual(LIVE.map(fleet().idOf).toSorted())
  expect(probed).toBe(MESH.length)
  expect(await takeAsked()).toEqual(MESH)
})

test('it does so in under 3 s, the start of the program included', async () => {
  // What else this machine does at the moment is no part of the fact: one run of several shows it.
  await until('a run under 3 s', 60_000, async () => {
    const startedAt = performance.now()
    const { agents } = await discover()
    return agents.length === LIVE.length && performance.now() - startedAt < 3000
  })
})

test('--dry-run asks nobody', async () => {
  await takeAsked()
  expect((await discover('--dry-run')).candidates).toEqual(MESH)
  expect(await takeAsked()).toEqual([])
})

test('whatever AllowedIPs say, no more than 512 addresses are asked, and none of default routes, wide prefixes or public ones', async () => {
  const wide = ['0.0.0.0/0', '::/0', '10.77.0.0/16', '203.0.113.0/24', '10.78.0.0/21', 'fd00:7::/64']
  const swept = ['10.79.0.0/25', '10.80.0.0/22']
  for (const prefix of [...wide, ...swept]) {
    const key = (await onN1('sh', '-c', 'wg genkey | wg pubkey')).trim()
    await onN1('wg', 'set', 'wg0', 'peer', key, 'allowed-ips', prefix)
  }
  // As wg-quick would: so that a packet to any of them is sent and not merely refused for want of a route.
  for (const prefix of [...wide, ...swept].filter((one) => !one.endsWith('/0')))
    await onN1('ip', 'route', 'add', prefix, 'dev', 'wg0')
  await takeAsked()

  const { agents, probed, passed_over } = await discover()
  expect(agents.map(({ agent_id }) => agent_id).toSorted()).toEqual(LIVE.map(fleet().idOf).toSorted())
  expect(probed).toBe(512)
  expect(passed_over.map(({ prefix }) => prefix)).toEqual(expect.arrayContaining([...wide, '10.80.0.0/22']))
  const asked = await takeAsked()
  expect(asked).toHaveLength(512)
  const mayBeAsked = /^10\.(66\.0\.1[2-6]|79\.0\.\d+|80\.[0-3]\.\d+)$/
  expect(asked.filter((address) => !mayBeAsked.test(address))).toEqual([])
})
