import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listCandidates } from '../../../src/agent/discovery/candidates.js'
import {
  lastOf,
  longText,
  makeNaive,
  type NaivePrefix,
  naivePrefix,
  normalText,
  PRIVATE_RANGES,
} from '../../core/net/naive.js'
import { networkInterface, peer } from './wireguard-host.js'

const candidates = (allowedIps: readonly string[], own: readonly string[] = []) =>
  listCandidates({ wgPeers: [peer(...allowedIps)], interfaces: [networkInterface(...own)] })

/** The rule of protocol section 6 as plainly as it can be told. */
function model(prefixes: readonly NaivePrefix[], own: ReadonlySet<string>): string[] {
  const free = (prefix: NaivePrefix) => (prefix.family === 4 ? 32 : 128) - prefix.length
  const swept = prefixes
    .filter((one) => free(one) <= 10 && PRIVATE_RANGES.some((range) => isWithin(one, range)))
    .toSorted(
      (a, b) =>
        free(a) - free(b) ||
        a.family - b.family ||
        Number(a.first - b.first > 0n) - Number(a.first - b.first < 0n),
    )
  const all = swept.flatMap((prefix) => {
    const isReserving = prefix.family === 4 && free(prefix) > 1
    const size = Number(lastOf(prefix) - prefix.first) + 1
    const addresses = Array.from({ length: size }, (_, i) =>
      normalText(prefix.family, prefix.first + BigInt(i)),
    )
    return isReserving ? addresses.slice(1, -1) : addresses
  })
  return [...new Set(all)].filter((address) => !own.has(address)).slice(0, 512)
}

function isWithin(inner: NaivePrefix, outer: NaivePrefix): boolean {
  return inner.family === outer.family && outer.first <= inner.first && lastOf(inner) <= lastOf(outer)
}

/** Prefixes that overlap often: of two small neighbourhoods, and some of anywhere. */
const crowded = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 2047 }), fc.integer({ min: 20, max: 32 }))
      .map(([offset, length]) => makeNaive(4, 10n * 2n ** 24n + 66n * 2n ** 16n + BigInt(offset), length)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 2047 }), fc.integer({ min: 116, max: 128 }))
      .map(([offset, length]) => makeNaive(6, 0xfd66n * 2n ** 112n + BigInt(offset), length)),
  },
  { weight: 2, arbitrary: naivePrefix() },
)
const text = ({ family, value, length }: NaivePrefix) => `${longText(family, value)}/${length}`

test('the list is that of the model, whatever the peers, their order and the own addresses', () => {
  const cases = fc.record({
    prefixes: fc.array(crowded, { maxLength: 12 }),
    own: fc.array(crowded, { maxLength: 4 }),
    seed: fc.integer(),
  })
  fc.assert(
    fc.property(cases, ({ prefixes, own, seed }) => {
      const expected = model(prefixes, new Set(own.map(({ family, value }) => normalText(family, value))))
      const found = candidates(prefixes.map(text), own.map(text))
      expect(found.addresses).toEqual(expected)
      const shuffled = prefixes.toSorted(
        (a, b) => Number((a.value * BigInt(seed | 1)) % 97n) - Number((b.value * BigInt(seed | 1)) % 97n),
      )
      const peers = shuffled.map((prefix) => peer(text(prefix)))
      expect(listCandidates({ wgPeers: peers, interfaces: [networkInterface(...own.map(text))] })).toEqual(
        found,
      )
    }),
    { numRuns: 60 },
  )
})

test('every prefix is probed in whole or said to be passed over', () => {
  fc.assert(
    fc.property(fc.array(crowded, { maxLength: 12 }), (prefixes) => {
      const { addresses, passedOver } = candidates(prefixes.map(text))
      const listed = new Set(addresses)
      const said = new Set(passedOver.map(({ prefix }) => prefix))
      for (const prefix of prefixes) {
        const whole = model([prefix], new Set())
        const isWhole = whole.length > 0 && whole.every((address) => listed.has(address))
        const isSaid = said.has(`${normalText(prefix.family, prefix.first)}/${prefix.length}`)
        expect(isSaid || isWhole).toBe(true)
        // One that is wider than the limit is never probed in whole.
        if (whole.length < 512) expect(isSaid).toBe(!isWhole)
      }
    }),
    { numRuns: 60 },
  )
})
