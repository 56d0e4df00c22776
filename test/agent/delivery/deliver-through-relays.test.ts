import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deliver, hopsToManager } from '../../../src/agent/delivery/deliver.js'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import { createRelays } from '../../../src/agent/delivery/relays.js'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { NOW, PSK, RELAY_A } from '../../core/sealed-report.js'
import { agentId } from '../discovery/neighbours.js'
import { createIdleClock } from '../idle-clock.js'
import { answerOf } from '../scripted-manager.js'
import { createNetwork, type Place } from './network.js'
import { judge, OWN, openDelivery, refuses, relay, silent, stores } from './open-delivery.js'

describe('through relays', () => {
  test('it goes at once where the direct way is known to be down, with what is left as their budget', async () => {
    const { send, network, clock } = openDelivery(
      { 'http://a': silent, 'http://r1': stores },
      { managers: ['http://a'], relays: [relay(1)] },
    )
    await send()
    const before = clock.now()
    await send()
    expect(clock.now()).toBe(before)
    expect(network.asked).toEqual([
      'POST http://a/status/updates',
      'POST http://r1/status/relay',
      'POST http://r1/status/relay',
    ])
    // 8 s less the 3 s of silence and what is kept for the way back; then all of it.
    expect(network.requests.map(({ headers }) => headers?.['Kattila-Budget-Ms'])).toEqual([
      undefined,
      '4850',
      '7850',
    ])
    expect(network.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([3000, 4850, 7850])
    expect(network.requests[1]?.headers).toMatchObject({ 'Kattila-Hop': expect.stringMatching(/^v=1; /) })
  })

  test('a relay’s failure leads to the next, three at most, and those that failed are not tried again', async () => {
    const { send, network } = openDelivery(
      { 'http://r5': stores },
      { managers: [], relays: [1, 2, 3, 4, 5].map((number) => relay(number)) },
    )
    expect(await send()).toBeUndefined()
    expect(network.asked).toEqual([1, 2, 3].map((number) => `POST http://r${number}/status/relay`))
    expect(await send()).toMatchObject({ status: 200 })
    expect(network.asked.slice(3)).toEqual([4, 5].map((number) => `POST http://r${number}/status/relay`))
  })

  test('the one that worked is the first to be asked the next time', async () => {
    const { send, network } = openDelivery(
      { 'http://r2': stores },
      { managers: [], relays: [relay(1), relay(2), relay(3)] },
    )
    await send()
    await send()
    expect(network.asked.at(-1)).toBe('POST http://r2/status/relay')
    expect(network.asked).toHaveLength(3)
  })

  test('never to an agent that has seen it: the origin, the path, itself', () => {
    const numbers = fc.subarray([1, 2, 3, 4, 5, 6])
    return fc.assert(
      fc.asyncProperty(numbers, numbers, fc.constantFrom(1, 2, 3, 4, 5, 6), async (known, path, origin) => {
        const envelope = {
          ...OWN,
          agent_id: agentId(origin),
          relay_path: path.filter((number) => number !== origin).map(agentId),
        } as Envelope
        const { send, network } = openDelivery(
          {},
          { managers: [], relays: known.map((number) => relay(number)), envelope },
        )
        await send()
        const seen = [origin, ...path]
        // After three relays there is no hop left for a fourth.
        const free = known.filter((number) => !seen.includes(number) && envelope.relay_path.length < 3)
        expect(network.asked).toEqual(free.slice(0, 3).map((number) => `POST http://r${number}/status/relay`))
      }),
    )
  })

  test('never to one whose way to a manager would make it more than three hops', async () => {
    for (const [before, hops] of [
      [0, 3],
      [1, 2],
      [2, 1],
      [3, 0],
    ] as const) {
      const sent = async (farther: number) => {
        const envelope = { ...OWN, relay_path: [11, 12, 13].slice(0, before).map(agentId) } as Envelope
        const { send, network } = openDelivery({}, { managers: [], relays: [relay(1, farther)], envelope })
        await send()
        return network.asked.length
      }
      expect(await sent(hops)).toBe(0)
      if (hops > 0) expect(await sent(hops - 1)).toBe(1)
    }
  })

  test('what one says against the report of another agent costs it no own report, silence does', async () => {
    const envelope = { ...OWN, relay_path: [RELAY_A] } as Envelope
    const { send, network } = openDelivery(
      { 'http://r1': () => answerOf(409, {}), 'http://r2': silent },
      { managers: [], relays: [relay(1), relay(2)], envelope },
    )
    await send()
    await send()
    expect(network.asked.map((asked) => asked.slice(12, 14))).toEqual(['r1', 'r2', 'r1'])
  })

  test('they are looked for where none is known, for an own report alone', async () => {
    const own = openDelivery({}, { managers: [] })
    await own.send()
    expect(own.searches()).toBe(1)
    const known = openDelivery({}, { managers: [], relays: [relay(1)] })
    await known.send()
    expect(known.searches()).toBe(0)
    const carried = openDelivery(
      {},
      { managers: [], envelope: { ...OWN, relay_path: [RELAY_A] } as Envelope },
    )
    await carried.send()
    expect(carried.searches()).toBe(0)
  })
})

test('whatever answers, or does not, when it is over the budget is not spent, and no try outlasts it', () => {
  const place = fc.tuple(
    fc.constantFrom<Place>(stores, refuses, silent, () => answerOf(500, {})),
    fc.integer({ min: 0, max: 9000 }),
  )
  return fc.assert(
    fc.asyncProperty(
      fc.array(place, { minLength: 6, maxLength: 6 }),
      fc.integer({ min: 0, max: 30_000 }),
      async (kinds, budgetMs) => {
        const urls = ['http://a', 'http://b', 'http://c', 'http://r1', 'http://r2', 'http://r3']
        const clock = createIdleClock(NOW)
        const places = Object.fromEntries(
          urls.map((url, i): [string, Place] => [
            url,
            async (request) => {
              const [kind, tookMs] = kinds[i] ?? [silent, 0]
              await clock.sleep(Math.min(tookMs, request.timeoutMs + 1))
              return kind(request)
            },
          ]),
        )
        const network = createNetwork(clock, places)
        const random = () => 0.5
        const relays = createRelays(random)
        relays.found([relay(1), relay(2), relay(3)])
        const managers = createManagers(urls.slice(0, 3), { http: network, clock, random })
        const ports = {
          http: network,
          clock,
          managers,
          relays,
          ownId: () => '',
          findRelays: async () => undefined,
        }
        await clock.run(deliver(ports, { envelope: OWN as Envelope, psk: PSK, budgetMs }, judge))
        const spent = clock.now() - NOW
        // A timer may be a millisecond late in this network.
        expect(spent).toBeLessThanOrEqual(Math.max(0, budgetMs - 150) + 6)
        for (const { at, timeoutMs } of network.requests) {
          expect(timeoutMs).toBeGreaterThan(0)
          expect(at - NOW + timeoutMs).toBeLessThanOrEqual(budgetMs - 150)
        }
      },
    ),
  )
})

describe('what an agent says of its own way', () => {
  test.for([
    ['a manager that stores', true, undefined, 0],
    ['nothing', false, undefined, null],
    ['a relay at a manager', false, 0, 1],
    ['a relay with one more behind it', false, 1, 2],
    ['a relay with two more behind it, which leaves no hop for another', false, 2, null],
  ] as const)('%s', async ([, isReached, hops, said]) => {
    const { ports } = openDelivery({})
    if (isReached) ports.managers.succeeded('http://a')
    if (hops !== undefined) {
      ports.relays.found([relay(1, hops)])
      ports.relays.succeeded(relay(1, hops))
    }
    expect(hopsToManager(ports.managers, ports.relays)).toBe(said)
  })
})
