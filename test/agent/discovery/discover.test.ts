import { describe, expect, onTestFinished, test } from 'vitest'
import { type DiscoveryProgress, discoverAgents } from '../../../src/agent/discovery/discover.js'
import { discoverRelays } from '../../../src/agent/discovery/relays.js'
import { systemClock } from '../../../src/core/node/clock.js'
import { type HttpClient, type HttpOutcome, openHttpClient } from '../../../src/core/node/http.js'
import { createVirtualClock } from '../../core/virtual-clock.js'
import { agent, agentId, openNeighbours, peerAnswer } from './neighbours.js'
import { networkInterface, peer } from './wireguard-host.js'

function realPorts() {
  const http = openHttpClient()
  onTestFinished(() => http.close())
  return { http, clock: systemClock }
}

type Neighbour = { readonly afterMs: number; readonly body: string }

/** Neighbours by address that answer after their own time; whoever else is asked answers never. */
function virtualPorts(neighbours: Readonly<Record<string, Neighbour>>) {
  const clock = createVirtualClock(0)
  const asked: string[] = []
  const inside = { now: 0, most: 0 }
  const send: HttpClient['send'] = async ({ url, timeoutMs }) => {
    const { hostname } = new URL(url)
    asked.push(url)
    inside.most = Math.max(inside.most, ++inside.now)
    const neighbour = neighbours[hostname]
    const isInTime = neighbour !== undefined && neighbour.afterMs < timeoutMs
    await clock.sleep(isInTime ? neighbour.afterMs : timeoutMs)
    inside.now--
    const outcome: HttpOutcome = isInTime
      ? { kind: 'answer', status: 200, headers: {}, body: neighbour.body }
      : { kind: 'failed', reason: 'timed_out', message: 'no answer' }
    return outcome
  }
  return { ports: { http: { send, close: () => undefined }, clock }, clock, asked, inside }
}

const many = (count: number) => Array.from({ length: count }, (_, i) => `10.66.${i >> 8}.${i & 255}`)

describe('over real sockets', () => {
  test('exactly the agents among many neighbours are found, in the order of the candidates', async () => {
    const { port } = await openNeighbours({
      '127.0.0.31': agent(31, { relay: { available: false, hops: null } }),
      '127.0.0.32': () => undefined,
      '127.0.0.33': (_, response) => response.end('{}'),
      '127.0.0.35': agent(35),
    })
    const candidates = ['127.0.0.35', '127.0.0.34', '127.0.0.33', '127.0.0.32', '127.0.0.31']
    const found = await discoverAgents(realPorts(), candidates, { port, timeoutMs: 1000 })
    expect(found.map((one) => [one.address, one.agentId, one.relay.available])).toEqual([
      ['127.0.0.35', agentId(35), true],
      ['127.0.0.31', agentId(31), false],
    ])
  })

  test('32 at a time are asked, never more', async () => {
    const addresses = Array.from({ length: 100 }, (_, i) => `127.0.1.${i + 1}`)
    const { port, seen } = await openNeighbours(
      Object.fromEntries(
        addresses.map((address, i) => [
          address,
          (request, response) => setTimeout(() => agent(i)(request, response), 40),
        ]),
      ),
    )
    const found = await discoverAgents(realPorts(), addresses, { port, timeoutMs: 10_000 })
    expect(found.map((one) => one.address)).toEqual(addresses)
    expect(seen).toMatchObject({ requests: 100, mostOpen: 32 })
  })
})

describe('in virtual time', () => {
  test('512 silent addresses take 16 rounds of 800 ms, and no more are asked', async () => {
    const { ports, clock, asked, inside } = virtualPorts({})
    let isDone = false
    const running = discoverAgents(ports, many(600), { port: 5087 }).then((found) => {
      isDone = true
      return found
    })
    await clock.advance(16 * 800 - 1)
    expect(isDone).toBe(false)
    await clock.advance(1)
    expect(await running).toEqual([])
    expect(asked).toEqual(many(512).map((address) => `http://${address}:5087/status/peer`))
    expect(inside.most).toBe(32)
  })

  test('an agent with several addresses is one, at the nearest; the others are told, nearest first', async () => {
    const { ports, clock } = virtualPorts({
      '10.0.0.1': { afterMs: 30, body: peerAnswer(1) },
      '10.0.0.2': { afterMs: 20, body: peerAnswer(2) },
      '10.0.0.3': { afterMs: 10, body: peerAnswer(1) },
      '10.0.0.4': { afterMs: 20, body: peerAnswer(1) },
    })
    const candidates = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']
    const running = discoverAgents(ports, candidates, { port: 5087 })
    await clock.advance(800)
    const found = await running
    expect(found.map(({ address, rttMs, otherAddresses }) => ({ address, rttMs, otherAddresses }))).toEqual([
      { address: '10.0.0.3', rttMs: 10, otherAddresses: ['10.0.0.4', '10.0.0.1'] },
      { address: '10.0.0.2', rttMs: 20, otherAddresses: [] },
    ])
  })

  test('the agent that asks is not found', async () => {
    const neighbours = {
      '10.0.0.1': { afterMs: 1, body: peerAnswer(1) },
      '10.0.0.2': { afterMs: 1, body: peerAnswer(2) },
    }
    const { ports, clock } = virtualPorts(neighbours)
    const running = discoverAgents(ports, Object.keys(neighbours), { port: 5087, ownId: agentId(1) })
    await clock.advance(800)
    expect((await running).map((one) => one.address)).toEqual(['10.0.0.2'])
  })

  test('progress is told after each probe', async () => {
    const { ports, clock } = virtualPorts({ '10.0.0.2': { afterMs: 5, body: peerAnswer(2) } })
    const told: DiscoveryProgress[] = []
    const onProgress = (progress: DiscoveryProgress) => told.push(progress)
    const running = discoverAgents(ports, ['10.0.0.1', '10.0.0.2', '10.0.0.3'], {
      port: 5087,
      parallel: 1,
      onProgress,
    })
    await clock.advance(2000)
    await running
    expect(told).toEqual([
      { probed: 1, total: 3, answered: 0 },
      { probed: 2, total: 3, answered: 1 },
      { probed: 3, total: 3, answered: 1 },
    ])
  })

  test('once aborted nobody more is asked, and what was found is kept', async () => {
    const { ports, clock, asked } = virtualPorts({ '10.66.0.5': { afterMs: 5, body: peerAnswer(5) } })
    const stop = new AbortController()
    const running = discoverAgents(ports, many(512), { port: 5087, signal: stop.signal })
    await clock.advance(100)
    stop.abort()
    await clock.advance(800)
    expect((await running).map((one) => one.address)).toEqual(['10.66.0.5'])
    // The first 32, and the one in the place of the agent that answered.
    expect(asked).toHaveLength(33)
  })

  test('without candidates nothing is asked', async () => {
    const { ports, asked } = virtualPorts({})
    expect(await discoverAgents(ports, [], { port: 5087 })).toEqual([])
    expect(asked).toEqual([])
  })

  test('relays are the agents with a way to a manager, among the peers’ addresses', async () => {
    const { ports, clock, asked } = virtualPorts({
      '10.66.0.2': { afterMs: 5, body: peerAnswer(2, { relay: { available: true, hops: 2 } }) },
      '10.66.0.3': { afterMs: 5, body: peerAnswer(3, { relay: { available: false, hops: null } }) },
      '10.66.0.4': { afterMs: 5, body: peerAnswer(4) },
    })
    const sections = {
      wgPeers: [peer('10.66.0.2/32', '0.0.0.0/0'), peer('10.66.0.3/32', '10.66.0.4/32')],
      interfaces: [networkInterface('10.66.0.4/24')],
    }
    const running = discoverRelays(ports, sections, { port: 5087, ownId: agentId(9) })
    await clock.advance(800)
    expect(await running).toEqual([{ agentId: agentId(2), url: 'http://10.66.0.2:5087', hops: 2, rttMs: 5 }])
    expect(asked).toHaveLength(2)
  })
})
