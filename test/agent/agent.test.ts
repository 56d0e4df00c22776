import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runAgent } from '../../src/agent/agent.js'
import { collectSnapshot } from '../../src/agent/collect.js'
import { signSnapshot } from '../../src/agent/sign.js'
import { openAgentState } from '../../src/agent/state.js'
import type { PskSource } from '../../src/core/node/psk/source.js'
import { openPskStore } from '../../src/core/node/psk/store.js'
import { UNKNOWN_MEMBER } from '../../src/core/protocol/verdict.js'
import { verifyReport } from '../../src/core/protocol/verify.js'
import { createRecordingLog } from '../core/recording-log.js'
import { AGENT_ID, bytesOf, KEY, NOW, PSK } from '../core/sealed-report.js'
import { folderForEachTest } from '../core/temporary-folder.js'
import { CONFIG, memoryState, runRounds } from './agent-rounds.js'
import { openFixtureHost } from './fixture-host.js'
import { createMemorySpool } from './memory-spool.js'
import { type Answering, createScriptedHttp, failed, proven } from './scripted-manager.js'

const folder = folderForEachTest()
const run = (scenario: Omit<Parameters<typeof runRounds>[0], 'folder'>) =>
  runRounds({ folder: folder(), ...scenario })

test('every report that is sent is one that a manager accepts', async () => {
  const { received } = await run({ rounds: 3 })
  for (const { envelope, data } of received) {
    const admission = { keys: [PSK], now: data.timestamp, hop: undefined, mayRegister: true }
    expect(verifyReport(bytesOf(envelope), admission, () => UNKNOWN_MEMBER)).toMatchObject({
      kind: 'accepted',
      pins: KEY.publicKey,
      report: { hostname: 'n1', labels: { site: 'hel' }, failures: [] },
    })
  }
  expect(new Set(received.map(({ data }) => data.nonce)).size).toBe(3)
})

describe('the interval', () => {
  test('is spread by at most a tenth to either side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (random) => {
        const { waits } = await run({ rounds: 2, random: () => random })
        for (const wait of waits) expect(Math.abs(wait - 30_000)).toBeLessThanOrEqual(3_000)
        expect(waits[0]).toBeCloseTo(27_000 + 6_000 * random, 3)
      }),
      { numRuns: 30 },
    )
  })

  test('counts from the start of a report, so that slow managers do not stretch it', async () => {
    const { waits, received } = await run({ rounds: 3, tookMs: 4_000 })
    expect(waits).toEqual([26_000, 26_000, 26_000])
    expect(received.map(({ data }) => data.timestamp - NOW)).toEqual([0, 30_000, 60_000])
  })

  test('that a report outlasts is followed by the next one at once', async () => {
    const { waits, received } = await run({ rounds: 2, tookMs: 40_000 })
    expect(waits).toEqual([])
    expect(received.slice(0, 2).map(({ data }) => data.timestamp - NOW)).toEqual([0, 40_000])
  })
})

describe('the tick', () => {
  test('goes up by one with each report, stored or not', async () => {
    const { ticks } = await run({ rounds: 4, answer: () => failed('refused') })
    expect(ticks).toEqual([1, 2, 3, 4])
  })

  test('goes on after a restart', async () => {
    const directory = join(folder(), 'state')
    expect((await run({ rounds: 2, state: await openAgentState(directory) })).ticks).toEqual([1, 2])
    expect((await run({ rounds: 2, state: await openAgentState(directory) })).ticks).toEqual([3, 4])
  })

  test('is on disk before its report leaves', async () => {
    const directory = join(folder(), 'state')
    const kept: string[] = []
    const answer: Answering = (received) => {
      kept.push(readFileSync(join(directory, 'tick'), 'utf8'))
      return proven(received, { psk: PSK, serverTime: NOW })
    }
    await run({ rounds: 3, state: await openAgentState(directory), answer })
    expect(kept).toEqual(['1\n', '2\n', '3\n'])
  })

  test('goes on in memory where the disk is full, and that is told once', async () => {
    const state = memoryState(() => Promise.reject(new Error('ENOSPC: no space left on device')))
    const { ticks, lines } = await run({ rounds: 3, state })
    expect(ticks).toEqual([1, 2, 3])
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { directory: '/state', reason: 'ENOSPC: no space left on device' } },
    ])
  })

  test('that could not be kept, could, and cannot again is told twice', async () => {
    let saves = 0
    const state = memoryState(() => (++saves === 2 ? Promise.resolve() : Promise.reject(new Error('ENOSPC'))))
    const { lines } = await run({ rounds: 3, state })
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(2)
  })
})

test('an agent that is stopped before it starts sends nothing', async () => {
  const { log } = createRecordingLog()
  const clock = { now: () => NOW, sleep: () => Promise.resolve() }
  const source: PskSource = {
    ...{ kind: 'environment', where: 'test', refreshMs: null },
    read: async () => ({ kind: 'secret', secret: PSK, publishedAt: null }),
  }
  const psk = await openPskStore(source, join(folder(), 'keyring.json'), clock, log)
  const http = createScriptedHttp(() => failed('refused'))
  const { host } = openFixtureHost('mesh6-n1-healthy')
  const ports = { host, clock, http, psk, log, spool: createMemorySpool(), random: () => 0 }
  await runAgent(ports, memoryState(), CONFIG, AbortSignal.abort())
  expect(http.received).toEqual([])

  const snapshot = await collectSnapshot(host, clock)
  const { envelope, report } = signSnapshot(ports, memoryState(), CONFIG, snapshot, 0)
  expect(report).toMatchObject({ tick: 0, agentId: AGENT_ID })
  expect(JSON.parse(envelope.data)).toMatchObject({ tick: 0, agent_id: AGENT_ID })
})
