import fc from 'fast-check'

/** A prefix as the reference models see it: plain arithmetic, no masks, nothing of the code under test. */
export type NaivePrefix = {
  readonly family: 4 | 6
  /** Some address in it. */
  readonly value: bigint
  readonly length: number
  /** Its lowest address. */
  readonly first: bigint
}

export const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128)

const sizeOf = ({ family, length }: Pick<NaivePrefix, 'family' | 'length'>): bigint =>
  2n ** BigInt(bitsOf(family) - length)

export const lastOf = (prefix: NaivePrefix): bigint => prefix.first + sizeOf(prefix) - 1n

export function makeNaive(family: 4 | 6, value: bigint, length: number): NaivePrefix {
  return { family, value, length, first: value - (value % sizeOf({ family, length })) }
}

/** `10.66.0.11`, `fd66:0:0:0:0:0:0:b`: nothing is left out. */
export function longText(family: 4 | 6, value: bigint): string {
  if (family === 4) return [3n, 2n, 1n, 0n].map((i) => (value / 256n ** i) % 256n).join('.')
  return [7n, 6n, 5n, 4n, 3n, 2n, 1n, 0n].map((i) => ((value / 65536n ** i) % 65536n).toString(16)).join(':')
}

/** The one short form, of IPv6 as the parser of URLs has it. */
export function normalText(family: 4 | 6, value: bigint): string {
  if (family === 4) return longText(4, value)
  return new URL(`http://[${longText(6, value)}]`).hostname.slice(1, -1)
}

const v4 = (a: bigint, b: bigint) => a * 2n ** 24n + b * 2n ** 16n

export const PRIVATE_RANGES: readonly NaivePrefix[] = [
  makeNaive(4, v4(10n, 0n), 8),
  makeNaive(4, v4(172n, 16n), 12),
  makeNaive(4, v4(192n, 168n), 16),
  makeNaive(6, 0xfcn * 2n ** 120n, 7),
]

/** Addresses near the edges of the private ranges, inside them, and anywhere. */
function someAddress(family: 4 | 6): fc.Arbitrary<bigint> {
  const most = 2n ** BigInt(bitsOf(family)) - 1n
  const ranges = PRIVATE_RANGES.filter((range) => range.family === family)
  const near = ranges.flatMap((range) => [
    fc.bigInt(range.first, lastOf(range)),
    fc.bigInt(range.first - 2n, range.first + 2n),
    fc.bigInt(lastOf(range) - 2n, lastOf(range) + 2n),
  ])
  return fc.oneof(fc.bigInt(0n, most), ...near)
}

/** Any prefix, at most `mostFree` bits of it free. */
export function naivePrefix({ mostFree = 128 } = {}): fc.Arbitrary<NaivePrefix> {
  return fc
    .constantFrom(4 as const, 6 as const)
    .chain((family) =>
      fc
        .tuple(
          someAddress(family),
          fc.integer({ min: Math.max(0, bitsOf(family) - mostFree), max: bitsOf(family) }),
        )
        .map(([value, length]) => makeNaive(family, value, length)),
    )
}
