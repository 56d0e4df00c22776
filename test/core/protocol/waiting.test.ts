import { describe, expect, test } from 'vitest'
import { isLate, mayBeSignedAgain, waitedMs } from '../../../src/core/protocol/waiting.js'

const waited = (ms: number, intervalS = 30) => ({
  timestamp: 10 ** 12,
  collectedAt: 10 ** 12 - ms,
  intervalS,
})

describe('a report', () => {
  test.each([
    [0, false, false],
    [15_000, false, false],
    [15_001, true, false],
    [33_000, true, false],
    [60_000, true, false],
    [60_001, true, true],
    [86_400_000, true, true],
  ])('that waited %i ms of a 30 s interval: may be signed again %s, late %s', (ms, again, late) => {
    expect([mayBeSignedAgain(waited(ms)), isLate(waited(ms))]).toEqual([again, late])
    expect([mayBeSignedAgain(waited(ms / 10, 3)), isLate(waited(ms / 10, 3))]).toEqual([again, late])
  })

  test('has not waited when its clock was set back between measuring and signing', () => {
    expect(waitedMs(waited(-3_600_000))).toBe(0)
    expect(isLate(waited(-3_600_000))).toBe(false)
  })
})
