import { expect, test } from 'vitest'
import type { HttpClient } from '../../../src/core/node/http.js'
import { NOW, PSK } from '../../core/sealed-report.js'
import { createIdleClock } from '../idle-clock.js'
import { createMemorySpool } from '../memory-spool.js'
import { answerOf, createScriptedHttp, failed, proven, unproven } from '../scripted-manager.js'
import { usedHeap } from '../used-heap.js'
import { pseudorandom } from './pseudorandom.js'
import { createSimulatedAgent } from './simulated-agent.js'

const AGENTS = 1000
const S = 1000
const MINUTE = 60 * S

type Manager = 'there' | 'away' | 'busy'

/** A fleet in virtual time, each agent started at some moment of its first interval; what arrives, and when. */
async function runFleet(managerAt: (ms: number) => Manager, ms: number, agents = AGENTS) {
  const clock = createIdleClock(NOW)
  const random = pseudorandom(7)
  // One for each: thousands of listeners on one signal would take longer than all the rest.
  const stops = Array.from({ length: agents }, () => new AbortController())
  const reports: { readonly agent: number; readonly at: number }[] = []
  const probes: number[] = []
  const inTime = () => clock.now() - NOW
  const answer = createScriptedHttp(
    (received) => {
      const kind = managerAt(inTime())
      reports.push({ agent: Number.parseInt(received.data.agent_id, 16), at: inTime() })
      if (kind === 'away') return failed('refused')
      return kind === 'there'
        ? proven(received, { psk: PSK, serverTime: Math.round(clock.now()) })
        : ({ ...unproven(503, 'unavailable'), headers: { 'retry-after': '60' } } as never)
    },
    () => {
      probes.push(inTime())
      return managerAt(inTime()) === 'away' ? failed('refused') : answerOf(200, { status: 'ok' })
    },
  )
  // A round trip takes its time, so that agents do not act in one and the same moment.
  const http: HttpClient = {
    ...answer,
    send: async (request) => {
      await clock.sleep(5 + 40 * random())
      return answer.send(request)
    },
  }
  const spools = Array.from({ length: agents }, () => createMemorySpool(2000))
  const runs = spools.map(async (spool, i) => {
    await clock.sleep(30 * S * random())
    await createSimulatedAgent(i + 1, { clock, http, random, spool }).run(stops[i]?.signal as AbortSignal)
  })
  const ended = clock.sleep(ms).then(() => {
    for (const stop of stops) stop.abort()
  })
  await clock.run(Promise.all([...runs, ended]))
  return { reports, probes, waiting: spools.map((spool) => spool.figures().length) }
}

/** How many of these fall into each second. */
function perSecond(moments: readonly number[]): readonly number[] {
  return [...Map.groupBy(moments, (at) => Math.floor(at / S)).values()].map((ofOne) => ofOne.length)
}

const firsts = (reports: readonly { agent: number; at: number }[], from: number) => [
  ...new Map(
    reports
      .filter(({ at }) => at >= from)
      .toReversed()
      .map(({ agent, at }) => [agent, at]),
  ).values(),
]

test('of 1,000 agents whose manager comes back no second sees a tenth, all are there within 35 s, and no report is lost', async () => {
  const [goneAt, backAt] = [MINUTE, 4 * MINUTE]
  const { reports, probes, waiting } = await runFleet(
    (at) => (at >= goneAt && at < backAt ? 'away' : 'there'),
    5.5 * MINUTE,
  )
  const arrivals = firsts(reports, backAt)
  expect(arrivals).toHaveLength(AGENTS)
  expect(Math.max(...perSecond(arrivals))).toBeLessThan(AGENTS / 10)
  expect(Math.max(...arrivals)).toBeLessThan(backAt + 35 * S)

  // While it is away it hears of each agent once with a report, and of probes a little.
  const tried = reports.filter(({ at }) => at >= goneAt && at < backAt)
  expect(new Set(tried.map(({ agent }) => agent)).size).toBe(tried.length)
  const later = probes.filter((at) => at >= goneAt + 1.5 * MINUTE && at < backAt)
  expect(Math.max(...perSecond(later))).toBeLessThan(AGENTS / 10)

  // What waited is drained at no more than two a second and agent.
  const drained = perSecond(reports.filter(({ at }) => at >= backAt).map(({ at }) => at))
  expect(Math.max(...drained)).toBeLessThan(2.5 * AGENTS)
  expect(waiting).toEqual(waiting.map(() => 0))
}, 60_000)

test('1,000 agents that a busy manager asked for 60 s of patience do not come back in one second either', async () => {
  const [busyAt, readyAt] = [MINUTE, 2.5 * MINUTE]
  const { reports, waiting } = await runFleet(
    (at) => (at >= busyAt && at < readyAt ? 'busy' : 'there'),
    4.5 * MINUTE,
  )
  const asked = reports.filter(({ at }) => at >= busyAt && at < readyAt)
  for (const ofOne of Map.groupBy(asked, ({ agent }) => agent).values())
    for (const [i, { at }] of ofOne.entries())
      expect(at - (ofOne[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(60 * S)
  expect(Math.max(...perSecond(firsts(reports, readyAt)))).toBeLessThan(AGENTS / 10)
  expect(waiting).toEqual(waiting.map(() => 0))
}, 60_000)

test('memory stays flat through a day without a manager', async () => {
  const HOUR = 60 * MINUTE
  const clock = createIdleClock(NOW)
  const random = pseudorandom(3)
  const stop = new AbortController()
  const http: HttpClient = { send: async () => failed('refused'), close: () => undefined }
  // As bounded as the real one, at fewer snapshots.
  const spools = Array.from({ length: 10 }, () => createMemorySpool(50))
  const runs = spools.map((spool, i) =>
    createSimulatedAgent(i + 1, { clock, http, random, spool }).run(stop.signal),
  )
  const used: number[] = []
  const watch = async () => {
    for (let hour = 1; hour <= 24; hour++) {
      await clock.sleep(HOUR)
      if (hour % 4 === 1 || hour === 24) used.push(usedHeap())
    }
    stop.abort()
  }
  await clock.run(Promise.all([...runs, watch()]))
  const [first = 0] = used
  expect(spools.map((spool) => spool.figures().dropped)).toEqual(spools.map(() => expect.closeTo(2830, -2)))
  // Ten agents and 23 hours: a leak of one object of 100 bytes a report would be 2.7 MB.
  expect(Math.max(...used) - first).toBeLessThan(2_500_000)
}, 60_000)
