import { expect, test } from 'vitest'
import type { Outcome } from '../../src/agent/delivery/outcome.js'
import { createDeliveryLog } from '../../src/agent/delivery-log.js'
import { createRecordingLog } from '../core/recording-log.js'

const direct = (url: string) => ({ kind: 'direct' as const, url })
const stored = (url = 'a', clockOffsetMs = 0): Outcome => ({
  kind: 'stored',
  way: direct(url),
  clockOffsetMs,
  rttMs: 3,
})
const rejected = (code: string, clockOffsetMs = 0): Outcome => ({
  ...{ kind: 'rejected', way: direct('a'), code, message: 'why', clockOffsetMs },
})
const failed = (reason: 'refused' | 'timed_out' | 'bad_signature', url = 'a'): Outcome => ({
  ...{ kind: 'failed', way: direct(url), reason, message: 'detail' },
})

function tellAll(...reports: (readonly Outcome[])[]): readonly string[] {
  const { log, lines } = createRecordingLog()
  const tell = createDeliveryLog(log)
  for (const outcomes of reports) tell(outcomes)
  return lines.map(({ level, message, fields }) =>
    [level, message, fields.manager, fields.reason, fields.code].filter(Boolean).join(' | '),
  )
}

test('what stays the same is told once', () => {
  expect(tellAll([stored()], [stored()], [stored()])).toEqual(['info | the manager stores the reports | a'])
  expect(tellAll([failed('refused')], [failed('refused')])).toEqual([
    'warn | the reports do not reach the manager this way | a | refused',
    'warn | no way to a manager is known; the reports wait on disk',
  ])
})

test('every change of state is told, also back again', () => {
  expect(
    tellAll(
      [stored()],
      [failed('refused')],
      [failed('timed_out')],
      [failed('bad_signature')],
      [rejected('stale_tick')],
      [rejected('agent_revoked')],
      [stored()],
    ),
  ).toEqual([
    'info | the manager stores the reports | a',
    'warn | the reports do not reach the manager this way | a | refused',
    'warn | no way to a manager is known; the reports wait on disk',
    'warn | the reports do not reach the manager this way | a | timed_out',
    'warn | the reports do not reach the manager this way | a | bad_signature',
    'error | the manager rejects the reports | a | why | stale_tick',
    'error | the manager rejects the reports | a | why | agent_revoked',
    'info | the manager stores the reports | a',
  ])
})

test('a manager that stores again after it rejected is told, with no failure in between', () => {
  expect(tellAll([stored()], [rejected('agent_pending')], [stored()], [stored()])).toEqual([
    'info | the manager stores the reports | a',
    'error | the manager rejects the reports | a | why | agent_pending',
    'info | the manager stores the reports | a',
  ])
})

test('each manager has a state of its own, so that a dead first one is told once', () => {
  const round = [failed('refused', 'a'), stored('b')]
  expect(tellAll(round, round, round)).toEqual([
    'warn | the reports do not reach the manager this way | a | refused',
    'info | the manager stores the reports | b',
  ])
})

test('a clock that is two minutes off is told once, with its direction, and when it agrees again', () => {
  expect(tellAll([stored('a', 120_000)], [stored('a', 130_000)], [stored('a', 5)], [stored('a', 5)])).toEqual(
    [
      'info | the manager stores the reports | a',
      "warn | this clock is 2m behind the manager's; check its time synchronisation",
      'info | this clock agrees with the manager again',
    ],
  )
  expect(tellAll([stored('a', -7_200_000)])).toContain(
    "warn | this clock is 2h 00m ahead of the manager's; check its time synchronisation",
  )
})

test('a clock that agrees from the start is no news', () => {
  expect(tellAll([stored('a', 119_999)])).toEqual(['info | the manager stores the reports | a'])
})

test('a report refused for its clock tells the offset as well', () => {
  expect(tellAll([rejected('clock_skew', 700_000)])).toEqual([
    'error | the manager rejects the reports | a | why | clock_skew',
    "warn | this clock is 11m behind the manager's; check its time synchronisation",
  ])
})
