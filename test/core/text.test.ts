import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatBytes, formatDuration, safeText } from '../../src/core/text.js'

describe('safe text', () => {
  test('leaves nothing that moves a cursor, colours, reorders or hides', () => {
    const unsafe = fc.constantFrom(
      ...['\u001b', '\u009b', '\r', '\n', '\t', '\u0000', '\u007f', '\u0085', '\u202e', '\u2066', '\u200b'],
      ...['\u200f', '\ufeff', '\u2028', '\u2029', '\u00ad', '\u{e0041}', '\ud800', '\udfff'],
    )
    const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
    const anything = fc.array(fc.oneof(unsafe, character), { maxLength: 20 }).map((all) => all.join(''))
    fc.assert(
      fc.property(anything, (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      }),
    )
  })

  test('is the same text where it was plain', () => {
    const plain = fc.string({
      unit: fc.constantFrom(...'aZ09 äßñ漢字ひ😀é.,:;-_/\\{}()[]<>"\'%$#@!?*+=|~^`&'),
    })
    fc.assert(
      fc.property(plain, (text) => {
        expect(safeText(text)).toBe(text)
      }),
    )
  })

  test('shows what was there', () => {
    expect(safeText('a\u001b[2Jb\u202ec\nd')).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{a}d')
  })
})

describe('bytes', () => {
  test.for([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1500, '1.5 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [20_000_000, '20 MB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [2 ** 53, '9.0 PB'],
    [1e18, '1000 PB'],
  ] as const)('%i are %s', ([bytes, text]) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  const EXPONENT: Readonly<Record<string, number>> = { B: 0, kB: 3, MB: 6, GB: 9, TB: 12, PB: 15 }
  const read = (text: string) => {
    const [figure = '', unit = ''] = text.split(' ')
    return Number(figure) * 10 ** (EXPONENT[unit] ?? Number.NaN)
  }

  test('are told within 5 %, in at most 6 characters below 1000 PB', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(Math.abs(read(formatBytes(bytes)) - bytes)).toBeLessThanOrEqual(bytes * 0.05)
        expect(formatBytes(bytes).length).toBeLessThanOrEqual(6)
      }),
    )
  })

  test('are never fewer in text where they are more', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        expect(read(formatBytes(less))).toBeLessThanOrEqual(read(formatBytes(more)))
      }),
    )
  })
})

describe('durations', () => {
  test.for([
    [-5000, '0s'],
    [0, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_599_999, '59m'],
    [3_600_000, '1h 00m'],
    [7_500_000, '2h 05m'],
    [86_399_999, '23h 59m'],
    [86_400_000, '1d 0h'],
    [273_600_000, '3d 4h'],
  ] as const)('%i ms are %s', ([ms, text]) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
