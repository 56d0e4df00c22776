import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectAllInOrder, expectNoneTwice } from './facts.js'
import { PSK, provideFleet } from './fleet.js'
import { until } from './until.js'

/**
 * Only n4 reaches the manager. Of its relays n2 sees the honest n1, one hop further, and the liar n3,
 * who says that he is the nearest of all, so that n2 always asks him first. n1 does not see n3, nor n2 n4.
 */
const INTERVAL_S = 2
const HONEST_WAY = ['n1', 'n4']
const LIAR = join(import.meta.dirname, 'hostile-relay.mjs')

const fleet = provideFleet(['4'])

beforeAll(async () => {
  const { lab, startManager, startAgent } = fleet()
  for (const host of ['n1', 'n2']) await lab('reject', host, 'mgr', 'tcp')
  await lab('cut', 'n1', 'n3', 'udp/51820')
  await lab('cut', 'n2', 'n4', 'udp/51820')
  await startManager()
  for (const host of ['n4', 'n1', 'n2']) await startAgent(host, INTERVAL_S)
  await until('n2 reports over the honest way', 60_000, () => fleet().filed('n2').length >= 1)
})

/** Has n3 lie so from now on, and n2 look for its relays anew; gives when that was. */
async function lie(how: string, psk = ''): Promise<number> {
  const { lab, stopAgent, startAgent } = fleet()
  await lab('stop', 'n3', 'relay', 'KILL').catch(() => 'the first liar')
  const command = [
    'env',
    `KATTILA_PSK=${psk}`,
    process.execPath,
    LIAR,
    '10.66.0.13',
    'http://10.99.250.2:5086',
  ]
  await lab('spawn', 'n3', 'relay', ...command, how)
  await until('the liar listens', 30_000, () => wasSaid('listening'))
  await stopAgent('n2', 'KILL')
  const since = Date.now()
  await startAgent('n2', INTERVAL_S)
  return since
}
async function wasSaid(text: string): Promise<boolean> {
  return (await fleet().lab('logs', 'n3', 'relay')).includes(text)
}
const filedSince = (since: number) =>
  fleet()
    .filed('n2')
    .filter(({ collectedAt }) => collectedAt > since)

describe.each([
  ['answers by itself', '', 'got 200'],
  ['alters a byte', '', 'got 401 {"error":{"code":"bad_signature"'],
  ['replays an old report for a new one', '', 'got 200'],
  ['redirects', '', 'got 307'],
  ['never answers', '', 'got nothing'],
  ['adds itself twice', PSK, 'got 409 {"error":{"code":"relay_loop"'],
  ['grows the path', PSK, 'got 409 {"error":{"code":"too_many_hops"'],
])('a relay that %s', (how, psk, got) => {
  test('is detected, and the reports arrive another way', async () => {
    const since = await lie(how, psk)
    await until('the liar had a report in hand', 60_000, () =>
      wasSaid(`${how}: ${fleet().idOf('n2')} ${got}`),
    )
    await until('two reports came the honest way', 60_000, () => {
      const honest = filedSince(since).filter(({ path }) => path.join() === HONEST_WAY.join())
      return honest.length >= 2
    })
    await until('nothing waits', 60_000, () => fleet().waiting('n2').length === 0)
    expectNoneTwice(fleet().filed('n2'))
  })
})

test('a report that a relay sends three times is filed once', async () => {
  const since = await lie('sends a report three times')
  await until('reports of n2', 60_000, () => filedSince(since).length >= 3)
  expect(await wasSaid('sends a report three times')).toBe(true)
  expectNoneTwice(fleet().filed('n2'))
})

test('where the liar is the only relay, reports wait on disk, and arrive in order when another way is there', async () => {
  await fleet().lab('cut', 'n1', 'n2', 'udp/51820')
  const since = await lie('answers by itself')
  await until('three reports wait', 60_000, () => fleet().waiting('n2').length >= 3)
  expect(await wasSaid('got 200')).toBe(true)
  expect(filedSince(since)).toEqual([])
  const waited = fleet().waiting('n2')
  await fleet().lab('heal', 'n1', 'n2')
  await until('nothing waits', 100_000, () => fleet().waiting('n2').length === 0)
  expectAllInOrder(fleet().filed('n2'), waited)
  expectNoneTwice(fleet().filed('n2'))
})
