import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isNestedDeeper } from '../../../src/core/protocol/nesting.js'

/** The plain way: how deep a parsed value is. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('agrees with the depth of the parsed value on any JSON', () => {
  const brackets = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', 'x') })
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 8 },
      brackets,
      fc.array(tie('tree'), { maxLength: 2 }),
      fc.dictionary(brackets, tie('tree'), { maxKeys: 2 }),
    ),
  }))
  fc.assert(
    fc.property(tree, fc.nat(9), fc.constantFrom(0, 1), (value, limit, indent) => {
      expect(isNestedDeeper(JSON.stringify(value, null, indent), limit)).toBe(depthOf(value) > limit)
    }),
    { numRuns: 500 },
  )
})

test('a string that never ends hides nothing that could be parsed', () => {
  expect(isNestedDeeper('"\\', 0)).toBe(false)
  expect(isNestedDeeper('"[[[[', 2)).toBe(false)
})

test('a megabyte of brackets is judged at the limit', () => {
  expect(isNestedDeeper('['.repeat(1_000_000), 16)).toBe(true)
})
