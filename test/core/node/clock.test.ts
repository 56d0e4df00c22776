import { expect, test } from 'vitest'
import { systemClock } from '../../../src/core/node/clock.js'

test('the clock of the machine tells milliseconds since the epoch', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
})

test('a sleep ends when its time has come, or at once when it is aborted, and never rejects', async () => {
  await systemClock.sleep(1)
  const stop = new AbortController()
  const sleeping = systemClock.sleep(3_600_000, stop.signal)
  stop.abort()
  await sleeping
  await systemClock.sleep(3_600_000, stop.signal)
})
