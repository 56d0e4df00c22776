import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import type { HttpClient } from '../../../src/core/node/http.js'
import { NOW } from '../../core/sealed-report.js'
import { createIdleClock } from '../idle-clock.js'
import { answerOf, failed } from '../scripted-manager.js'

const A = 'http://a'
const B = 'http://b'

/** The memory of managers, and a network in which those of `there` answer their health check. */
function openManagers(urls: readonly string[] = [A], random = () => 0.5, health = 200) {
  const clock = createIdleClock(NOW)
  const there = new Set<string>()
  const probes: { url: string; at: number }[] = []
  const http: HttpClient = {
    send: async ({ url, method }) => {
      probes.push({ url: `${method} ${url}`, at: clock.now() - NOW })
      const isThere = [...there].some((one) => url === `${one}/status/healthcheck`)
      return isThere ? answerOf(health, { status: 'ok' }) : failed('refused')
    },
    close: () => undefined,
  }
  const stop = new AbortController()
  const managers = createManagers(urls, { http, clock, random })
  /** Probes for this long, ms, while `script` plays. */
  const probeFor = (ms: number, onBack = () => undefined) =>
    clock.run(
      Promise.all([
        managers.keepProbing(stop.signal, onBack),
        clock.sleep(ms, stop.signal).then(() => stop.abort()),
      ]),
    )
  const pass = (ms: number) => clock.run(clock.sleep(ms))
  return { managers, clock, there, probes, probeFor, pass }
}

describe('a manager that did not answer', () => {
  test('is not asked with a report for 30 s, and then again', async () => {
    const { managers, pass } = openManagers([A, B])
    managers.failed(A)
    expect(managers.usable()).toEqual([B])
    await pass(29_999)
    expect(managers.usable()).toEqual([B])
    await pass(1)
    expect(managers.usable()).toEqual([A, B])
  })

  test('is not reached until a report gets through, though its health check answers', async () => {
    const { managers, there, probeFor } = openManagers()
    managers.succeeded(A)
    expect(managers.isReached()).toBe(true)
    managers.failed(A)
    expect(managers.isReached()).toBe(false)
    there.add(A)
    await probeFor(60_000)
    expect(managers.isReached()).toBe(false)
    managers.succeeded(A)
    expect(managers.isReached()).toBe(true)
  })

  test('is probed by its health check alone, with no report, and is usable as soon as that answers', async () => {
    const { managers, there, probes, clock, probeFor } = openManagers([A, B])
    managers.failed(A)
    const backAt: number[] = []
    there.add(A)
    await probeFor(60_000, () => {
      backAt.push(clock.now() - NOW)
      expect(managers.usable()).toEqual([A, B])
      return undefined
    })
    expect(probes).toEqual([{ url: `GET ${A}/status/healthcheck`, at: 3000 }])
    expect(backAt).toEqual([3000])
  })

  test('is told back once for each time that it was down', async () => {
    const { managers, there, clock, probeFor } = openManagers()
    let backs = 0
    managers.failed(A)
    there.add(A)
    const again = clock.sleep(30_000).then(() => managers.failed(A))
    await probeFor(90_000, () => {
      backs++
      return undefined
    })
    await again
    expect(backs).toBe(2)
  })

  test('whose health check is refused stays unasked', async () => {
    const { managers, clock, probeFor } = openManagers()
    managers.failed(A)
    const usable: number[] = []
    const look = async () => {
      for (let i = 0; i < 290; i++) {
        await clock.sleep(1000)
        if (managers.usable().length > 0) usable.push(i)
      }
    }
    const backs = () => usable.push(Number.NaN)
    await Promise.all([look(), probeFor(300_000, () => void backs())])
    expect(usable).toEqual([])
  })

  test.for([302, 404, 500, 503])('whose health check answers %d stays unasked', async (health) => {
    const { managers, there, probeFor } = openManagers([A], () => 0.5, health)
    managers.failed(A)
    there.add(A)
    let backs = 0
    await probeFor(60_000, () => {
      backs++
      return undefined
    })
    expect([backs, managers.usable()]).toEqual([0, []])
  })

  test('is forgiven when the reason was ours', () => {
    const { managers } = openManagers([A, B])
    managers.failed(A)
    managers.busy(B, 60_000)
    managers.forgive()
    expect(managers.usable()).toEqual([A, B])
    expect(managers.isPatienceAsked()).toBe(false)
  })
})

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('the waits between probes double from 4 s to 30 s and lie in the upper half of that, whatever the chance', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(unit, { minLength: 8, maxLength: 8 }), async (chances) => {
      let drawn = 0
      const { managers, probes, probeFor } = openManagers([A], () => chances[drawn++ % chances.length] ?? 0)
      managers.failed(A)
      await probeFor(150_000)
      const waits = probes.map(({ at }, i) => at - (probes[i - 1]?.at ?? 0))
      const full = [4000, 8000, 16_000, ...waits.slice(3).map(() => 30_000)]
      expect(waits.length).toBeGreaterThanOrEqual(5)
      for (const [i, wait] of waits.entries()) {
        expect(wait).toBeGreaterThanOrEqual((full[i] ?? 0) / 2)
        expect(wait).toBeLessThanOrEqual(full[i] ?? 0)
      }
    }),
    { numRuns: 40 },
  )
})

describe('a manager that asks for patience', () => {
  test('gets what it asked for and at most half as much again, and 300 s count as the most it may ask', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (askedS, chance) => {
          const { managers, pass } = openManagers([A], () => chance)
          const countedMs = Math.min(askedS, 300) * 1000
          managers.busy(A, askedS * 1000)
          await pass(countedMs - 1)
          expect(managers.usable()).toEqual([])
          expect(managers.isPatienceAsked()).toBe(true)
          await pass(countedMs / 2 + 1)
          expect(managers.usable()).toEqual([A])
          expect(managers.isPatienceAsked()).toBe(false)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('is there, so that it is not probed and a relay is not worth trying', async () => {
    const { managers, probes, probeFor } = openManagers()
    managers.busy(A, 120_000)
    await probeFor(60_000)
    expect(probes).toEqual([])
    expect(managers.isPatienceAsked()).toBe(true)
  })

  test('gets it also when it was down before: no probe cuts it short', async () => {
    const { managers, there, pass, probeFor } = openManagers()
    managers.failed(A)
    await pass(30_000)
    managers.busy(A, 120_000)
    expect(managers.isPatienceAsked()).toBe(true)
    there.add(A)
    await probeFor(60_000)
    expect(managers.usable()).toEqual([])
  })

  test('that is silent afterwards is down, and no reason for patience', () => {
    const { managers } = openManagers()
    managers.busy(A, 120_000)
    managers.failed(A)
    expect(managers.isPatienceAsked()).toBe(false)
  })
})
