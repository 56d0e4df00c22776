import { expect, test } from 'vitest'
import { keepTrying } from '../../../src/agent/delivery/keep-trying.js'
import { NOW } from '../../core/sealed-report.js'
import { createIdleClock } from '../idle-clock.js'

test('the waits are short again after an attempt that left nothing to do', async () => {
  const clock = createIdleClock(NOW)
  const stop = new AbortController()
  const at: number[] = []
  const results = ['again', 'again', 'settled', 'again', 'again'] as const
  const attempt = async () => {
    at.push(clock.now() - NOW)
    const result = results[at.length - 1]
    if (!result) stop.abort()
    return result ?? 'settled'
  }
  await clock.run(keepTrying({ clock, random: () => 1 }, { firstMs: 100, lastMs: 300 }, attempt, stop.signal))
  expect(at).toEqual([100, 300, 600, 700, 900, 1200])
})

test('the waits end at once when the agent stops', async () => {
  const clock = createIdleClock(NOW)
  const stop = new AbortController()
  let attempts = 0
  const ended = keepTrying(
    { clock, random: () => 1 },
    { firstMs: 1000, lastMs: 1000 },
    async () => {
      attempts++
      return 'again'
    },
    stop.signal,
  )
  stop.abort()
  await clock.run(ended)
  expect([attempts, clock.now()]).toEqual([0, NOW])
})
