import { describe, expect, test } from 'vitest'
import { listCandidates } from '../../../src/agent/discovery/candidates.js'
import { networkInterface, peer } from './wireguard-host.js'

const candidates = (allowedIps: readonly string[], own: readonly string[] = []) =>
  listCandidates({ wgPeers: [peer(...allowedIps)], interfaces: [networkInterface(...own)] })
const reasons = (allowedIps: readonly string[], own: readonly string[] = []) =>
  candidates(allowedIps, own).passedOver.map(({ prefix, reason }) => `${prefix} ${reason}`)

describe('what may be probed', () => {
  test('single addresses first, then narrow prefixes before wide ones', () => {
    const { addresses } = candidates([
      '10.9.0.0/29',
      '10.8.0.0/30',
      'fd66::10/127',
      '10.66.0.12/32',
      'fd66::1/128',
    ])
    expect(addresses.slice(0, 6)).toEqual([
      '10.66.0.12',
      'fd66::1',
      'fd66::10',
      'fd66::11',
      '10.8.0.1',
      '10.8.0.2',
    ])
    expect(addresses.slice(6)).toEqual([1, 2, 3, 4, 5, 6].map((i) => `10.9.0.${i}`))
  })

  test('addresses are in the order of their numbers, not of their texts', () => {
    expect(candidates(['10.66.0.100/32', '10.66.0.9/32']).addresses).toEqual(['10.66.0.9', '10.66.0.100'])
  })

  test('an address that several peers and prefixes have comes once', () => {
    const wgPeers = [peer('10.66.0.0/30', '10.66.0.2/32'), peer('10.66.0.2/32', '10.66.0.0/29')]
    expect(listCandidates({ wgPeers }).addresses).toEqual([2, 1, 3, 4, 5, 6].map((i) => `10.66.0.${i}`))
  })

  test('an own address is left out in whatever form and on whatever interface it is', () => {
    const interfaces = [networkInterface('10.66.0.1/24'), networkInterface('FD66:0:0::1/64')]
    const { addresses, passedOver } = listCandidates({
      wgPeers: [peer('10.66.0.0/30', 'fd66::/127', '10.66.0.1/32')],
      interfaces,
    })
    expect(addresses).toEqual(['fd66::', '10.66.0.2'])
    expect(passedOver.map(({ prefix, reason }) => `${prefix} ${reason}`)).toEqual([
      '10.66.0.1 own_address',
      'fd66::1 own_address',
    ])
  })

  test('without peers, or while they cannot be read, there is none', () => {
    expect(listCandidates({ wgPeers: [] })).toEqual({ addresses: [], passedOver: [] })
    expect(listCandidates({})).toEqual({ addresses: [], passedOver: [] })
  })
})

describe('what is passed over, and why', () => {
  test.each([
    ['0.0.0.0/0', 'default_route'],
    ['::/0', 'default_route'],
    ['0.0.0.0/1', 'not_private'],
    ['128.0.0.0/1', 'not_private'],
    ['203.0.113.9/32', 'not_private'],
    ['100.64.0.0/24', 'not_private'],
    ['2001:db8::1/128', 'not_private'],
    ['10.0.0.0/8', 'too_wide'],
    ['10.66.0.0/21', 'too_wide'],
    ['fd66::/117', 'too_wide'],
    ['fd66::/64', 'too_wide'],
    ['10.66.0.999/32', 'unreadable'],
  ])('%s: %s', (prefix, reason) => {
    expect(candidates([prefix])).toEqual({
      addresses: [],
      passedOver: [{ prefix, reason, message: expect.stringMatching(/\w/) }],
    })
  })

  test('a /22 and a /118 are still swept, as far as 512 addresses go', () => {
    const ipv4 = candidates(['10.66.4.0/22'])
    expect([ipv4.addresses.length, ipv4.addresses[0], ipv4.addresses[511]]).toEqual([
      512,
      '10.66.4.1',
      '10.66.6.0',
    ])
    const ipv6 = candidates(['fd66::/118'])
    expect([ipv6.addresses.length, ipv6.addresses[0], ipv6.addresses[511]]).toEqual([
      512,
      'fd66::',
      'fd66::1ff',
    ])
    expect(reasons(['10.66.4.0/22', 'fd66::/118'])).toEqual(['10.66.4.0/22 limit', 'fd66::/118 limit'])
  })

  test('exactly 512 addresses are no reason to pass anything over', () => {
    expect(reasons(['fd66::/119'])).toEqual([])
    expect(reasons(['fd66::/119', 'fd66::8/128'])).toEqual([])
    expect(reasons(['fd66::/120', 'fd66::100/120', 'fd66::/119'])).toEqual([])
    expect(reasons(['fd66::/119', '10.66.0.1/32'])).toEqual(['fd66::/119 limit'])
  })
})
