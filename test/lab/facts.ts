import { expect } from 'vitest'
import type { Filed } from './filed.js'

/** No moment of a host was filed twice. */
export function expectNoneTwice(filed: readonly Filed[]): void {
  const moments = filed.map(({ host, collectedAt }) => `${host} ${collectedAt}`)
  expect(moments).toEqual([...new Set(moments)])
}

/** Each of these moments was filed once, and they were filed in the order in which they were measured. */
export function expectAllInOrder(filed: readonly Filed[], moments: readonly number[]): void {
  const wanted = new Set(moments)
  expect(filed.map(({ collectedAt }) => collectedAt).filter((moment) => wanted.has(moment))).toEqual(
    moments.toSorted((a, b) => a - b),
  )
}
