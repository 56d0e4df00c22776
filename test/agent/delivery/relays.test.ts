import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRelays, type Relay } from '../../../src/agent/delivery/relays.js'
import { agentId } from '../discovery/neighbours.js'
import { pseudorandom } from '../fleet/pseudorandom.js'

const relay = (number: number, hops = 0, rttMs = 10): Relay => ({
  agentId: agentId(number),
  url: `http://10.9.0.${number}:5087`,
  hops,
  rttMs,
})

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const arbitraryRelays = fc
  .uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 12 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers.map((number) =>
        fc
          .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 2000 }))
          .map(([hops, rttMs]) => relay(number, hops, rttMs)),
      ),
    ),
  )
const chances = fc.array(unit, { minLength: 12, maxLength: 12 })
const drawing = (from: readonly number[]) => {
  let drawn = 0
  return () => from[drawn++ % from.length] ?? 0
}
/** Round trips within a factor of two are equal, below 1 ms too. */
const magnitude = (ms: number) => Math.floor(Math.log2(Math.max(1, ms)))

describe('the ranking', () => {
  test('holds those that leave a hop, each once, nearest to a manager first, then by round trip', () => {
    fc.assert(
      fc.property(arbitraryRelays, chances, (found, from) => {
        const relays = createRelays(drawing(from))
        relays.found(found)
        const ranked = relays.ranked([])
        expect(new Set(ranked.map((one) => one.agentId))).toEqual(
          new Set(found.filter(({ hops }) => hops <= 2).map((one) => one.agentId)),
        )
        for (const [i, one] of ranked.entries()) {
          const next = ranked[i + 1]
          if (!next) continue
          expect(one.hops).toBeLessThanOrEqual(next.hops)
          if (one.hops === next.hops) expect(magnitude(one.rttMs)).toBeLessThanOrEqual(magnitude(next.rttMs))
        }
      }),
    )
  })

  test('never names one that is excluded, and is otherwise the same', () => {
    fc.assert(
      fc.property(arbitraryRelays, chances, fc.func(fc.boolean()), (found, from, isExcluded) => {
        const relays = createRelays(drawing(from))
        relays.found(found)
        const exclude = found.map((one) => one.agentId).filter(isExcluded)
        expect(relays.ranked(exclude)).toEqual(
          relays.ranked([]).filter((one) => !exclude.includes(one.agentId)),
        )
      }),
    )
  })

  test('stays the same from one report to the next', () => {
    const relays = createRelays(Math.random)
    relays.found(Array.from({ length: 10 }, (_, i) => relay(i + 1)))
    const [first] = [relays.ranked([])]
    for (let i = 0; i < 10; i++) expect(relays.ranked([])).toEqual(first)
  })
})

describe('a relay that works', () => {
  test('is kept before all others as near to a manager, also when it is found again and slower', () => {
    fc.assert(
      fc.property(arbitraryRelays, chances, fc.nat(), (found, from, pick) => {
        const near = found.filter(({ hops }) => hops <= 2)
        const works = near[pick % Math.max(1, near.length)]
        if (!works) return
        const relays = createRelays(drawing(from))
        relays.found(found)
        relays.succeeded(works)
        relays.found(found.map((one) => (one === works ? { ...one, rttMs: 4000 } : one)))
        const ranked = relays.ranked([])
        expect(ranked.find((one) => one.hops === works.hops)?.agentId).toBe(works.agentId)
        expect(ranked.every((one, i) => one.hops >= (ranked[i - 1]?.hops ?? 0))).toBe(true)
        expect(relays.current()?.agentId).toBe(works.agentId)
      }),
    )
  })

  test('is left for one that is nearer to a manager', () => {
    const relays = createRelays(() => 0)
    relays.found([relay(1, 1)])
    relays.succeeded(relay(1, 1))
    relays.found([relay(1, 1), relay(2, 0, 900)])
    expect(relays.ranked([]).map((one) => one.agentId)).toEqual([agentId(2), agentId(1)])
  })

  test('that fails is out of the list, and no longer the one that works', () => {
    const relays = createRelays(() => 0)
    relays.found([relay(1), relay(2)])
    relays.succeeded(relay(1))
    relays.failed(relay(1))
    expect(relays.current()).toBeUndefined()
    expect(relays.ranked([]).map((one) => one.agentId)).toEqual([agentId(2)])
  })

  test('that is not found any more is no longer the one that works', () => {
    const relays = createRelays(() => 0)
    relays.found([relay(1)])
    relays.succeeded(relay(1))
    relays.found([relay(2)])
    expect(relays.current()).toBeUndefined()
  })
})

test('one that failed for a reason of ours is back when that is forgiven, unless it was looked for meanwhile', () => {
  const relays = createRelays(() => 0)
  relays.found([relay(1), relay(2)])
  relays.succeeded(relay(1))
  relays.failed(relay(1))
  relays.failed(relay(2))
  expect(relays.ranked([])).toEqual([])
  relays.forgive()
  expect(relays.ranked([]).map((one) => one.agentId)).toEqual([agentId(1), agentId(2)])
  relays.failed(relay(1))
  relays.found([relay(2)])
  relays.forgive()
  expect(relays.ranked([]).map((one) => one.agentId)).toEqual([agentId(2)])
})

test('of 1,000 agents with ten equal relays none gives its reports to one with more than three times its share', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = pseudorandom(seed)
      const carried = new Map<string, number>()
      for (let agent = 0; agent < 1000; agent++) {
        const relays = createRelays(random)
        // Each agent measures another round trip to each of them, near the same.
        relays.found(Array.from({ length: 10 }, (_, i) => relay(i + 1, 0, Math.round(8 + 7 * random()))))
        const first = relays.ranked([])[0]?.agentId ?? ''
        carried.set(first, (carried.get(first) ?? 0) + 1)
      }
      expect(carried.size).toBe(10)
      expect(Math.max(...carried.values())).toBeLessThan(300)
    }),
    { numRuns: 10 },
  )
})
