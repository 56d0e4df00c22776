import { beforeAll, expect, test } from 'vitest'
import { expectAllInOrder, expectNoneTwice } from './facts.js'
import type { Filed } from './filed.js'
import { provideFleet } from './fleet.js'
import { until } from './until.js'

/** With the default of 30 s the loss is noticed up to 25 s later, so that much less is allowed here. */
const INTERVAL_S = 5
const NOTICED_SOONER_MS = 25_000

const LINE = ['n1', 'n2', 'n3', 'n4', 'n5'] as const
/** What a report of each passes once n1 alone reaches the manager. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  n2: ['n1'],
  n3: ['n2', 'n1'],
  n4: ['n3', 'n2', 'n1'],
}

const fleet = provideFleet(['-f', 'line5'])
let lostAt: number

const isRelayed = ({ path }: Filed) => path.length > 0
beforeAll(async () => {
  await fleet().startManager()
  await Promise.all(LINE.map((host) => fleet().startAgent(host, INTERVAL_S)))
})

test('while the manager can be reached, every report is direct', async () => {
  await until('two reports of each host', 60_000, () => LINE.every((host) => fleet().filed(host).length >= 2))
  expect(fleet().filed().filter(isRelayed)).toEqual([])
})

test('a report arrives over one, two and three hops within 60 s of losing the direct path', async () => {
  for (const host of LINE.slice(1)) await fleet().lab('cut', host, 'mgr', 'tcp')
  lostAt = Date.now()
  const first = await Promise.all(
    Object.entries(PATHS).map(([host]) =>
      until(`a relayed report of ${host}`, 120_000, () =>
        fleet()
          .filed(host)
          .find((one) => isRelayed(one) && one.collectedAt > lostAt),
      ),
    ),
  )
  expect(Object.fromEntries(first.map(({ host, path }) => [host, path]))).toEqual(PATHS)
  for (const { host, receivedAt } of first)
    expect(receivedAt - lostAt, host).toBeLessThan(60_000 - NOTICED_SOONER_MS)
})

test('once the path is known, every report arrives within 2 s of being measured', async () => {
  const knownAt = Date.now()
  for (const host of Object.keys(PATHS)) {
    const isNew = (one: Filed) => one.collectedAt > knownAt
    const reports = await until(`three more reports of ${host}`, 60_000, () => {
      const found = fleet().filed(host).filter(isNew)
      return found.length >= 3 && found
    })
    for (const { path, collectedAt, receivedAt } of reports) {
      expect(path).toEqual(PATHS[host])
      expect(receivedAt - collectedAt, host).toBeLessThan(2000)
    }
  }
})

test('at four hops no report passes, and all wait on disk', async () => {
  await until('three reports wait', 60_000, () => fleet().waiting('n5').length >= 3)
  expect(
    fleet()
      .filed('n5')
      .filter(({ collectedAt }) => collectedAt > lostAt),
  ).toEqual([])
  expect(await fleet().status('n5')).toMatchObject({ relay: { available: false, hops: null } })
})

test('what waited arrives in order, and nothing twice, once there is a way of three hops or less', async () => {
  const waited = fleet().waiting('n5')
  await fleet().lab('heal', 'n4', 'mgr')
  await until('nothing waits on n5', 100_000, () => fleet().waiting('n5').length === 0)
  expectAllInOrder(fleet().filed('n5'), waited)
  expectNoneTwice(fleet().filed())
  expect(fleet().filed('n5').at(-1)?.path).toEqual(['n4'])
})
