import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  DEFAULT_BUDGET_MS,
  MOST_BUDGET_MS,
  parseBudget,
  remainingBudget,
} from '../../../src/core/protocol/budget.js'

test.for([
  ['0', 0],
  ['1', 1],
  ['007', 7],
  ['4850', 4850],
  ['30000', MOST_BUDGET_MS],
  ['30001', MOST_BUDGET_MS],
  ['999999999', MOST_BUDGET_MS],
] as const)('a budget of %s is %d ms, never more than what a relay believes', ([header, budgetMs]) => {
  expect(parseBudget(header)).toBe(budgetMs)
})

test.for([
  undefined,
  '',
  ' 5',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  '5000, 4000',
  '１０',
  'NaN',
  'Infinity',
  '9999999999',
])('without a number (%j) it is the default', (header) => {
  expect(parseBudget(header)).toBe(DEFAULT_BUDGET_MS)
})

test('any header is a whole number of ms within its bounds', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (header) => {
      const budgetMs = parseBudget(header)
      expect(Number.isInteger(budgetMs) && budgetMs >= 0 && budgetMs <= MOST_BUDGET_MS).toBe(true)
    }),
  )
})

test('at every hop less is left than at the one before, and never more than the origin waits in all', () => {
  const spent = fc.array(fc.double({ min: 0, max: 4000, noNaN: true }), { maxLength: 4 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MOST_BUDGET_MS }), spent, (budgetMs, hops) => {
      let before = budgetMs
      let passedMs = 0
      for (const spentMs of hops) {
        // What a hop sends as its header is what it waits for the answer itself.
        const timeoutMs = remainingBudget(before, spentMs)
        passedMs += spentMs
        expect(timeoutMs === 0 || timeoutMs < before).toBe(true)
        expect(Number.isInteger(timeoutMs)).toBe(true)
        if (timeoutMs === 0) return
        expect(passedMs + timeoutMs).toBeLessThanOrEqual(budgetMs - 150)
        before = parseBudget(String(timeoutMs))
        expect(before).toBe(timeoutMs)
      }
    }),
  )
})

test('what is spent or overdrawn leaves nothing', () => {
  expect(remainingBudget(1000, 850)).toBe(0)
  expect(remainingBudget(1000, 849)).toBe(1)
  expect(remainingBudget(1000, 1_000_000)).toBe(0)
  expect(remainingBudget(0, 0)).toBe(0)
})
