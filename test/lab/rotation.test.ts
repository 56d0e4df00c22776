import { beforeAll, expect, test } from 'vitest'
import { expectNoneTwice } from './facts.js'
import type { Filed } from './filed.js'
import { provideFleet } from './fleet.js'
import { until } from './until.js'

/** n1 and n2 reach the manager; n3 does not, and n2 relays for it. n1 and the others do not see each other. */
const INTERVAL_S = 1
const HOSTS = ['n1', 'n2', 'n3']
const NAME = '_kattila.lab.test'
const OLD = 'kattila-psk=the-secret-of-last-year'
const NEW = 'kattila-psk=the-secret-of-this-year'
const ROTATED = 'the fleet secret was rotated'

const fleet = provideFleet(['3'], { env: { DNS: NAME } })

const moreOf = (host: string, count: number) => {
  const before = fleet().filed(host).length
  return until(`${count} more reports of ${host}`, 90_000, () => fleet().filed(host).length >= before + count)
}
/** An agent reads the name when it starts, and each hour: a restart is that hour gone by. */
const lookAgain = async (host: string) => {
  await fleet().stopAgent(host)
  await fleet().startAgent(host, INTERVAL_S)
}
const hasSeenRotation = async (host: string, name: string) =>
  (await fleet().lab('logs', host, name)).includes(ROTATED)

/** Every signing takes a tick: those of one host that are missing are tries that came to nothing. */
function countRetries(filed: readonly Filed[]): number {
  return Math.max(...filed.map(({ tick }) => tick)) - filed.length
}
/** Those that were not signed when they were measured: they had been tried before, and waited on disk. */
function countRetried(filed: readonly Filed[]): number {
  return filed.filter(({ collectedAt, signedAt }) => signedAt - collectedAt > (INTERVAL_S * 1000) / 2).length
}

beforeAll(async () => {
  const { lab, startManager, startAgent } = fleet()
  await lab('dns', NAME, OLD)
  await lab('reject', 'n3', 'mgr', 'tcp')
  for (const host of ['n2', 'n3']) await lab('cut', 'n1', host, 'udp/51820')
  await startManager()
  for (const host of HOSTS) await startAgent(host, INTERVAL_S)
  await Promise.all(HOSTS.map((host) => moreOf(host, 3)))
})

test('reports flow on while the name says a new secret and nobody has looked yet', async () => {
  await fleet().lab('dns', NAME, NEW)
  await Promise.all(HOSTS.map((host) => moreOf(host, 3)))
})

test('the first report with the new secret is refused, which has the manager look for it', async () => {
  await lookAgain('n1')
  await moreOf('n1', 3)
  expect(await hasSeenRotation('mgr', 'manager')).toBe(true)
  expect(countRetries(fleet().filed('n1'))).toBeGreaterThanOrEqual(1)
})

test('the first that a relay cannot check has that relay look for it', async () => {
  expect(await hasSeenRotation('n2', 'agent')).toBe(false)
  await lookAgain('n3')
  await moreOf('n3', 3)
  expect(fleet().filed('n3').at(-1)?.path).toEqual(['n2'])
  expect(await hasSeenRotation('n2', 'agent')).toBe(true)
  await moreOf('n2', 3)
})

test('nothing was lost, and none signed more than once again', async () => {
  for (const host of HOSTS) {
    await until(`nothing waits on ${host}`, 60_000, () => fleet().waiting(host).length === 0)
    expect((await fleet().status(host)).spool.dropped, host).toBe(0)
    expect(await fleet().lab('logs', host, 'agent'), host).not.toContain('rejects')
    const filed = fleet().filed(host)
    expect(countRetries(filed), host).toBeLessThanOrEqual(countRetried(filed))
  }
  expectNoneTwice(fleet().filed())
})
