import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drainSpool } from '../../src/agent/drain.js'
import { createReportLoop } from '../../src/agent/report-loop.js'
import type { Fate } from '../../src/agent/send.js'
import type { Snapshot } from '../../src/agent/snapshot.js'
import { NOW } from '../core/sealed-report.js'
import { createIdleClock } from './idle-clock.js'
import { createMemorySpool } from './memory-spool.js'
import { makeSnapshot } from './spool/snapshots.js'

const MINUTE = 60_000

/** A loop whose sending fares as `fateAt` says, for `ms` of virtual time. */
async function runLoop(
  fateAt: (at: number, snapshot: Snapshot) => Fate,
  {
    ms = 10 * MINUTE,
    wakeAt = [] as readonly number[],
    waiting = 0,
    random = (): number => 0.5,
    tookMs = 0,
  } = {},
) {
  const clock = createIdleClock(NOW)
  const spool = createMemorySpool()
  for (let i = waiting; i > 0; i--) await spool.put(makeSnapshot(NOW - i * 1000, `old-${i}`))
  const sent: { at: number; hostname: string; fate: Fate }[] = []
  const collected: string[] = []
  const stop = new AbortController()
  const loop = createReportLoop({
    ...{ clock, spool, random, intervalS: 30 },
    collect: async () => {
      const snapshot = makeSnapshot(clock.now(), `live-${collected.length + 1}`)
      collected.push(snapshot.hostname)
      return snapshot
    },
    send: async (snapshot) => {
      if (tookMs > 0) await clock.sleep(tookMs)
      const fate = fateAt(clock.now() - NOW, snapshot)
      sent.push({ at: clock.now() - NOW, hostname: snapshot.hostname, fate })
      return fate
    },
  })
  for (const at of wakeAt) void clock.sleep(at).then(loop.wake)
  void clock.sleep(ms).then(() => stop.abort())
  await clock.run(loop.run(stop.signal))
  const kept = spool.waiting().map(({ hostname }) => hostname)
  return { sent, collected, kept, names: sent.map(({ hostname }) => hostname), spool }
}

describe('the order', () => {
  test('is the live report first, then what waits, oldest first', async () => {
    const { names } = await runLoop(() => 'stored', { waiting: 4, ms: 31_000 })
    expect(names).toEqual(['live-1', 'old-4', 'old-3', 'old-2', 'old-1', 'live-2'])
  })

  test('is live first again when the next is due, however much waits', async () => {
    const { sent } = await runLoop(() => 'stored', { waiting: 300, ms: 2 * MINUTE })
    const live = sent.filter(({ hostname }) => hostname.startsWith('live'))
    expect(live.map(({ at }) => Math.floor(at / 1000))).toEqual([0, 30, 60, 90])
    const old = sent
      .filter(({ hostname }) => hostname.startsWith('old'))
      .map(({ hostname }) => Number(hostname.slice(4)))
    expect(old).toEqual(old.toSorted((a, b) => b - a))
  })
})

describe('what waits', () => {
  test('is sent at two a second, so that a manager is not flooded', async () => {
    for (const chance of [0, 0.5, 0.999]) {
      const { sent } = await runLoop(() => 'stored', { waiting: 1000, ms: 26_000, random: () => chance })
      const gaps = sent.slice(2).map(({ at }, i) => at - (sent[i + 1]?.at ?? 0))
      expect(gaps.length).toBeGreaterThan(30)
      for (const gap of gaps) expect(gap).toBeCloseTo(500 * (0.5 + chance), 3)
    }
  })

  test('stops being sent as soon as one has to wait, and is left as it is', async () => {
    const { names, kept } = await runLoop((_, { hostname }) => (hostname === 'old-3' ? 'waits' : 'stored'), {
      ...{ waiting: 5, ms: 29_000 },
    })
    expect(names).toEqual(['live-1', 'old-5', 'old-4', 'old-3'])
    expect(kept).toEqual(['old-3', 'old-2', 'old-1'])
  })

  test('is not tried while the live report has to wait', async () => {
    const { names, kept } = await runLoop(() => 'waits', { waiting: 2, ms: 31_000 })
    expect(names).toEqual(['live-1', 'live-2'])
    expect(kept).toEqual(['old-2', 'old-1', 'live-1', 'live-2'])
  })

  test('and is refused for good is dropped, and does not hold up the others', async () => {
    const { names, kept } = await runLoop(
      (_, { hostname }) => (hostname === 'old-2' ? 'refused' : 'stored'),
      {
        ...{ waiting: 3, ms: 20_000 },
      },
    )
    expect(names).toEqual(['live-1', 'old-3', 'old-2', 'old-1'])
    expect(kept).toEqual([])
  })

  test('is sent at once when a way is back, long before the next report', async () => {
    const { sent } = await runLoop((at) => (at < 40_000 ? 'waits' : 'stored'), {
      wakeAt: [45_000],
      ms: 59_000,
    })
    expect(sent.map(({ at, hostname }) => [at, hostname]).slice(2)).toEqual([
      [45_000, 'live-1'],
      [45_500, 'live-2'],
    ])
  })

  test('is looked at once for each time that a way is back, also when that was told while a report was sent', async () => {
    const { sent } = await runLoop((at) => (at < 5000 ? 'waits' : 'stored'), {
      ...{ wakeAt: [2000], ms: 29_000, tookMs: 4000 },
    })
    expect(sent.map(({ at, hostname }) => [at, hostname])).toEqual([
      [4000, 'live-1'],
      [8000, 'live-1'],
    ])
  })
})

test('a live report that is refused for good is not kept', async () => {
  const { kept } = await runLoop(() => 'refused', { ms: 5 * MINUTE })
  expect(kept).toEqual([])
})

test('every snapshot is stored or refused once, or waits in order of its time: one fate each, whatever happens', async () => {
  const fates = fc.array(fc.constantFrom<Fate>('stored', 'stored', 'refused', 'waits'), {
    minLength: 1,
    maxLength: 40,
  })
  const wakes = fc.array(fc.integer({ min: 0, max: 5 * MINUTE }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(fates, wakes, fc.integer({ min: 0, max: 8 }), async (drawn, wakeAt, waiting) => {
      let tries = 0
      const { sent, collected, kept } = await runLoop(() => drawn[tries++ % drawn.length] ?? 'waits', {
        ...{ wakeAt, waiting, ms: 5 * MINUTE },
      })
      const before = Array.from({ length: waiting }, (_, i) => `old-${waiting - i}`)
      const ended = sent.filter(({ fate }) => fate !== 'waits').map(({ hostname }) => hostname)
      expect(new Set(ended).size).toBe(ended.length)
      expect([...ended, ...kept].toSorted()).toEqual([...before, ...collected].toSorted())
      expect(kept).toEqual([...before, ...collected].filter((name) => kept.includes(name)))
    }),
    { numRuns: 60 },
  )
})

test('an agent that stops stops draining', async () => {
  const clock = createIdleClock(NOW)
  const spool = createMemorySpool()
  for (let i = 0; i < 9; i++) await spool.put(makeSnapshot(NOW - i))
  const stop = new AbortController()
  let sends = 0
  const send = async (): Promise<Fate> => {
    if (++sends === 3) stop.abort()
    return 'stored'
  }
  await clock.run(drainSpool({ spool, send, clock, random: () => 0.5 }, NOW + MINUTE, stop.signal))
  expect(sends).toBe(3)
  expect(spool.waiting()).toHaveLength(6)
})
