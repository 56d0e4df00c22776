import { describe, expect, test } from 'vitest'
import { createRelayFinder } from '../../../src/agent/delivery/find-relays.js'
import { createRelays, type Relay } from '../../../src/agent/delivery/relays.js'
import { NOW } from '../../core/sealed-report.js'
import { agentId } from '../discovery/neighbours.js'
import { createIdleClock } from '../idle-clock.js'

const relay: Relay = { agentId: agentId(1), url: 'http://r1', hops: 0, rttMs: 1 }
const S = 1000

/** A search in virtual time; `there` says which relays answer a discovery at a moment, which takes `tookMs`. */
function openFinder(there: (at: number) => readonly Relay[], tookMs = 0) {
  const clock = createIdleClock(NOW)
  const random = () => 0.999
  const relays = createRelays(random)
  const searchedAt: number[] = []
  const finder = createRelayFinder({
    ...{ clock, random, relays },
    discover: async () => {
      const at = clock.now() - NOW
      searchedAt.push(Math.round(at))
      if (tookMs > 0) await clock.sleep(tookMs)
      return there(at)
    },
  })
  /** Looks in the background for so long; when it found a way where there was none. */
  const lookFor = async (ms: number, isNeeded: (at: number) => boolean = () => true) => {
    const stop = new AbortController()
    const foundAt: number[] = []
    await clock.run(
      Promise.all([
        finder.keepLooking(
          stop.signal,
          () => isNeeded(clock.now() - NOW),
          () => foundAt.push(clock.now() - NOW),
        ),
        clock.sleep(ms).then(() => stop.abort()),
      ]),
    )
    return foundAt
  }
  return { clock, relays, finder, searchedAt, lookFor }
}

describe('a search', () => {
  test('replaces what was known by what answers', async () => {
    const { clock, relays, finder } = openFinder((at) => (at < 10 * S ? [relay] : []))
    await clock.run(finder.find())
    expect(relays.ranked([])).toHaveLength(1)
    await clock.run(clock.sleep(10 * S))
    await clock.run(finder.find())
    expect(relays.ranked([])).toEqual([])
  })

  test('is one for all who ask while it runs, and is not made again at once', async () => {
    const { clock, finder, searchedAt } = openFinder(() => [relay], 500)
    await clock.run(Promise.all([finder.find(), finder.find(), finder.find()]))
    expect(searchedAt).toEqual([0])
    await clock.run(finder.find())
    await clock.run(clock.sleep(999))
    await clock.run(finder.find())
    expect(searchedAt).toEqual([0])
    await clock.run(clock.sleep(1))
    await clock.run(finder.find())
    expect(searchedAt).toHaveLength(2)
  })
})

describe('in the background', () => {
  test('nobody is asked while a manager is reached', async () => {
    const { lookFor, searchedAt } = openFinder(() => [relay])
    await lookFor(300 * S, () => false)
    expect(searchedAt).toEqual([])
  })

  test('without a way it looks again with growing waits, and says once that there is one', async () => {
    const { lookFor, searchedAt } = openFinder((at) => (at > 100 * S ? [relay] : []))
    const found = await lookFor(150 * S)
    expect(searchedAt.slice(0, 5).map((at) => Math.round(at / S))).toEqual([3, 9, 21, 45, 75])
    expect(found).toHaveLength(1)
    expect(found[0]).toBeLessThan(106 * S)
  })

  test('with a way it looks once a minute whether there is a better one, and says nothing of it', async () => {
    const { lookFor, searchedAt } = openFinder(() => [relay])
    const found = await lookFor(600 * S)
    expect(found).toHaveLength(1)
    expect(searchedAt.length).toBeGreaterThanOrEqual(9)
    expect(searchedAt.length).toBeLessThanOrEqual(11)
  })

  test.for([4, 70])(
    'a way that is lost (after %d s) is looked for from the short waits on',
    async (lostAfterS) => {
      const lostAt = lostAfterS * S
      const { clock, relays, lookFor, searchedAt } = openFinder((at) => (at < lostAt ? [relay] : []))
      await Promise.all([clock.sleep(lostAt).then(() => relays.failed(relay)), lookFor(lostAt + 30 * S)])
      const waits = searchedAt.filter((at) => at >= lostAt).map((at, i, all) => at - (all[i - 1] ?? lostAt))
      expect(waits[0]).toBeLessThanOrEqual(3 * S)
      expect(waits.slice(1, 3).map((wait) => Math.round(wait / S))).toEqual([6, 12])
    },
  )
})
