import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatPrefix,
  freeBits,
  hostAddresses,
  isPrivate,
  normaliseAddress,
  parsePrefix,
} from '../../../src/core/net/prefix.js'
import {
  bitsOf,
  lastOf,
  longText,
  type NaivePrefix,
  naivePrefix,
  normalText,
  PRIVATE_RANGES,
} from './naive.js'

const parsed = (text: string) => {
  const prefix = parsePrefix(text)
  if (!prefix) throw new Error(`${text} was not taken`)
  return prefix
}
const written = ({ family, value, length }: NaivePrefix) => `${longText(family, value)}/${length}`

describe('a prefix', () => {
  test('has its host bits cleared and one form, whatever was written', () => {
    fc.assert(
      fc.property(naivePrefix(), (prefix) => {
        const { family, first, length } = prefix
        expect(formatPrefix(parsed(written(prefix)))).toBe(`${normalText(family, first)}/${length}`)
        expect(parsed(written(prefix))).toEqual(parsed(`${normalText(family, first)}/${length}`))
        expect(freeBits(parsed(written(prefix)))).toBe(bitsOf(family) - length)
      }),
    )
  })

  test('is an address alone, of full length', () => {
    expect(parsed('10.66.0.11')).toEqual(parsed('10.66.0.11/32'))
    expect(formatPrefix(parsed('FD66:0::0011'))).toBe('fd66::11/128')
  })

  test.each([
    ['', 'nothing'],
    ['(none)', 'what wg prints for none'],
    ['10.66.0.0/33', 'longer than IPv4 is'],
    ['fd66::/129', 'longer than IPv6 is'],
    ['10.66.0.0/', 'no length'],
    ['10.66.0.0/8/8', 'two lengths'],
    ['10.66/16', 'two parts'],
    ['3232235777', 'a number'],
    ['012.0.0.1', 'an octal part'],
    ['0x0a.0.0.1', 'a hexadecimal part'],
    ['256.0.0.1', 'a part too large'],
    ['fd66::1::2', 'two gaps'],
    ['fe80::1%eth0', 'a zone'],
    [' 10.66.0.1', 'a space'],
    ['10.66.0.1\n', 'a line end'],
  ])('is not %j: %s', (text) => {
    expect(parsePrefix(text)).toBeUndefined()
    expect(normaliseAddress(text)).toBeUndefined()
  })
})

test('an address keeps its host bits and loses its length', () => {
  fc.assert(
    fc.property(naivePrefix(), (prefix) => {
      expect(normaliseAddress(written(prefix))).toBe(normalText(prefix.family, prefix.value))
    }),
  )
})

describe('private and unique-local', () => {
  test('are prefixes of which both ends lie in one range', () => {
    fc.assert(
      fc.property(naivePrefix(), (prefix) => {
        const isInside = PRIVATE_RANGES.some(
          (range) =>
            range.family === prefix.family && range.first <= prefix.first && lastOf(prefix) <= lastOf(range),
        )
        expect(isPrivate(parsed(written(prefix)))).toBe(isInside)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['10.0.0.0/8', true],
    ['10.0.0.0/7', false],
    ['9.255.255.255', false],
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['172.15.255.255', false],
    ['172.16.0.0/12', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['192.168.0.0/16', true],
    ['192.169.0.0', false],
    ['100.64.0.1', false],
    ['127.0.0.1', false],
    ['169.254.1.1', false],
    ['0.0.0.0/0', false],
    ['fbff::', false],
    ['fc00::/7', true],
    ['fdff:ffff::1', true],
    ['fe80::1', false],
    ['::ffff:10.0.0.1', false],
    ['::1', false],
    ['::/0', false],
  ])('%s: %s', (text, expected) => expect(isPrivate(parsed(text))).toBe(expected))
})

describe('the addresses of hosts', () => {
  test('are all of a prefix in order, without network and broadcast of IPv4 up to /30', () => {
    fc.assert(
      fc.property(naivePrefix({ mostFree: 8 }), (prefix) => {
        const expected: string[] = []
        const isReserving = prefix.family === 4 && prefix.length <= 30
        for (let value = prefix.first; value <= lastOf(prefix); value++) {
          const isReserved = isReserving && (value === prefix.first || value === lastOf(prefix))
          if (!isReserved) expected.push(normalText(prefix.family, value))
        }
        expect([...hostAddresses(parsed(written(prefix)))]).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  test.each([
    ['10.0.0.4/30', ['10.0.0.5', '10.0.0.6']],
    ['10.0.0.4/31', ['10.0.0.4', '10.0.0.5']],
    ['10.0.0.4/32', ['10.0.0.4']],
    ['fd66::4/127', ['fd66::4', 'fd66::5']],
    ['fd66::4/128', ['fd66::4']],
  ])('of %s are %j', (text, expected) => expect([...hostAddresses(parsed(text))]).toEqual(expected))

  test('come one by one: all of IPv6 has a first one', () => {
    expect(hostAddresses(parsed('::/0')).next().value).toBe('::')
  })
})
