import { beforeAll, expect, test } from 'vitest'
import { expectNoneTwice } from './facts.js'
import { provideFleet } from './fleet.js'
import { until } from './until.js'

/**
 * Two public hosts, a1 and a2 behind one NAT router, b1 behind another (topos/nat-sites.topo). The
 * manager is out of reach of a1 and b1, whose reports go through the tunnels of the others.
 */
const INTERVAL_S = 2
const HOSTS = ['n1', 'n2', 'a1', 'a2', 'b1']
const RELAYED = ['a1', 'b1']
const RECOVERED_MS = 90_000

const fleet = provideFleet(['-f', 'nat-sites'])

/** That every host has a report filed again which was measured after now, and none later than 90 s from now. */
async function expectRecovered(): Promise<void> {
  const since = Date.now()
  const isFresh = ({ collectedAt, isLate }: { collectedAt: number; isLate: boolean }) =>
    collectedAt > since && !isLate
  const first = await Promise.all(
    HOSTS.map((host) => until(`a report of ${host}`, 120_000, () => fleet().filed(host).find(isFresh))),
  )
  for (const { host, receivedAt } of first) expect(receivedAt - since, host).toBeLessThan(RECOVERED_MS)
}

beforeAll(async () => {
  await fleet().startManager()
  await Promise.all(HOSTS.map((host) => fleet().startAgent(host, INTERVAL_S)))
})

test('agents behind NAT report', async () => {
  await until('a report of each', 60_000, () => HOSTS.every((host) => fleet().filed(host).length > 0))
})

test('agents behind NAT find relays through their tunnels', async () => {
  for (const host of RELAYED) await fleet().lab('reject', host, 'mgr', 'tcp')
  await until('they report through others', 90_000, () =>
    RELAYED.every((host) => fleet().filed(host).at(-1)?.path.length === 1),
  )
})

test('after a relay roams, a link flaps and a host gets new keys, all at once, every agent reports again within 90 s', async () => {
  await Promise.all([
    fleet().lab('roam', 'n1'),
    fleet().lab('flap', 'a2', '3', '0.5'),
    fleet().lab('rekey', 'n2'),
  ])
  await expectRecovered()
})

test('after those behind NAT roam, and get new keys, too', async () => {
  await Promise.all([fleet().lab('roam', 'a1'), fleet().lab('rekey', 'b1')])
  await expectRecovered()
})

test('nothing was lost and nothing filed twice', async () => {
  for (const host of HOSTS) {
    await until(`nothing waits on ${host}`, 90_000, () => fleet().waiting(host).length === 0)
    expect((await fleet().status(host)).spool.dropped, host).toBe(0)
  }
  expectNoneTwice(fleet().filed())
})
