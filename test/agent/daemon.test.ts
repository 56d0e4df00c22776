import { describe, expect, test } from 'vitest'
import { UNKNOWN_MEMBER } from '../../src/core/protocol/verdict.js'
import { verifyReport } from '../../src/core/protocol/verify.js'
import { bytesOf, hopHeader, NONCE, NOW, PSK, seal } from '../core/sealed-report.js'
import { folderForEachTest } from '../core/temporary-folder.js'
import { type Asked, bearer, member, runDaemon } from './run-daemon.js'
import { proven } from './scripted-manager.js'
import { makeSnapshot } from './spool/snapshots.js'

const folder = folderForEachTest()

describe('a reset over the agent’s own server', () => {
  test('makes the daemon report as a new agent, from tick 1 on, without a restart and with an empty spool', async () => {
    const seen: Asked[] = []
    const { received, state, spool, lines } = await runDaemon(folder(), 5, async (report, daemon) => {
      if (report !== 3) return
      seen.push(await daemon.ask('POST', '/status/reset'))
      seen.push(await daemon.ask('POST', '/status/reset', member('/status/reset')))
      await daemon.spool.put(makeSnapshot(NOW - 1000, 'before the reset'))
      seen.push(await daemon.ask('POST', '/status/reset', bearer))
      seen.push(await daemon.ask('GET', '/status/peer'))
    })
    expect(seen.map(({ status }) => status)).toEqual([401, 401, 200, 200])
    const [old, ...others] = new Set(received.map(({ data }) => data.agent_id))
    expect(others).toEqual([state.agentId])
    expect([seen[2]?.body.agent_id, seen[3]?.body.agent_id]).toEqual([state.agentId, state.agentId])
    expect(received.map(({ data }) => [data.agent_id === old, data.tick])).toEqual([
      ...[
        [true, 1],
        [true, 2],
        [true, 3],
      ],
      ...[
        [false, 1],
        [false, 2],
      ],
    ])
    for (const { envelope, data } of received) {
      const admission = { keys: [PSK], now: data.timestamp, hop: undefined, mayRegister: true }
      expect(verifyReport(bytesOf(envelope), admission, () => UNKNOWN_MEMBER)).toMatchObject({
        kind: 'accepted',
      })
    }
    expect(spool.figures().length).toBe(0)
    expect(received.every(({ data }) => data.hostname === 'n1')).toBe(true)
    expect(lines.filter(({ message }) => message.startsWith('the agent was reset'))).toHaveLength(1)
  })
})

describe('the health check of a daemon', () => {
  const PATH = '/status/healthcheck'

  test('tells a member of the last report, its way, the clocks and the spool', async () => {
    const told: Asked[] = []
    await runDaemon(folder(), 2, async (report, { ask, spool }) => {
      if (report === 1) {
        told.push(await ask('GET', PATH, member(PATH)))
        await spool.put(makeSnapshot(NOW - 60_000))
      }
      if (report === 2) told.push(await ask('GET', PATH, member(PATH)), await ask('GET', PATH))
    })
    expect(told[0]?.body).toMatchObject({
      last_push_at: null,
      last_push_way: null,
      spool: { length: 0, oldest_at: null },
    })
    expect(told[1]?.body).toEqual({
      ...{ status: 'ok', version: '0.1.0', uptime_s: 0 },
      ...{ last_push_at: NOW, last_push_url: 'http://a', last_push_way: 'direct', clock_offset_ms: 0 },
      ...{ consecutive_failures: 0, last_failure: null },
      spool: { length: 1, bytes: 4096, oldest_at: NOW - 60_000, dropped: 0 },
    })
    expect(Object.keys(told[2]?.body ?? {})).toEqual(['status', 'version', 'uptime_s'])
  })

  test('counts what fails in a row, and says why', async () => {
    const told: Asked[] = []
    await runDaemon(
      folder(),
      3,
      async (report, { ask }) => report === 3 && told.push(await ask('GET', PATH, member(PATH))),
      (received) => proven(received, { psk: PSK, serverTime: NOW + 700_000, outcome: 'clock_skew' }),
    )
    expect(told[0]?.body).toMatchObject({
      ...{ consecutive_failures: 2, last_failure: 'clock_skew', last_push_at: null },
      spool: { length: 2 },
    })
    expect(told[0]?.body.clock_offset_ms).toBe(670_000)
  })
})

describe('what a daemon says to its peers', () => {
  test('is that it relays as soon as a report of its own got through', async () => {
    const told: Asked[] = []
    await runDaemon(folder(), 2, async (_, { ask }) => told.push(await ask('GET', '/status/peer')))
    expect(told.map(({ body }) => body.relay)).toEqual([
      { available: false, hops: null },
      { available: true, hops: 0 },
    ])
  })

  test('has interfaces and routes in the names of a report, for a member', async () => {
    const told: Asked[] = []
    const { received } = await runDaemon(folder(), 1, async (_, { ask }) =>
      told.push(await ask('GET', '/status/peer', member('/status/peer')), await ask('GET', '/status/peer')),
    )
    const report = JSON.parse(received[0]?.envelope.data ?? '')
    expect(told[0]?.body).toMatchObject({ interfaces: report.interfaces, routes: report.routes })
    expect(Object.keys(told[1]?.body ?? {})).toEqual(['agent_id', 'version', 'relay', 'server_time'])
  })
})

test('a report that another agent brings goes to the manager with this one in its path, and its answer comes back', async () => {
  const sent = seal()
  const headers = { 'Kattila-Hop': hopHeader(sent) }
  const told: Asked[] = []
  const { received, state } = await runDaemon(folder(), 2, async (report, { ask }) => {
    if (report === 1) told.push(await ask('POST', '/status/relay', headers, JSON.stringify(sent)))
  })
  expect(received.map(({ envelope }) => envelope.relay_path)).toEqual([[], [state.agentId]])
  expect(received[1]?.envelope).toEqual({ ...sent, relay_path: [state.agentId] })
  expect(told[0]).toMatchObject({ status: 200, body: { status: 'ok', nonce: NONCE } })
})
