import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutRoutes, MAX_ROUTES, parseRoutes } from '../../../src/agent/collectors/routes.js'

function seen(entry: object, family: 4 | 6 = 4) {
  return parseRoutes(JSON.stringify([entry]), family)
}

test('an IPv4 route without a metric has metric 0', () => {
  expect(
    seen({ type: 'unicast', dst: '10.66.0.0/24', dev: 'wg0', table: 'main', protocol: 'kernel' }),
  ).toEqual([
    {
      dst: '10.66.0.0/24',
      gateway: null,
      dev: 'wg0',
      source: null,
      metric: 0,
      table: 'main',
      protocol: 'kernel',
      type: 'unicast',
      family: 4,
    },
  ])
})

test('a multipath route is one route for each next hop', () => {
  const nexthops = [
    { gateway: '10.1.0.2', dev: 'veth0', weight: 1, flags: [] },
    { gateway: '10.2.0.2', dev: 'veth1', weight: 3, flags: [] },
  ]
  const hops = seen({ type: 'unicast', dst: '10.50.0.0/24', table: 'main', nexthops })
  expect(hops?.map(({ dst, gateway, dev }) => [dst, gateway, dev])).toEqual([
    ['10.50.0.0/24', '10.1.0.2', 'veth0'],
    ['10.50.0.0/24', '10.2.0.2', 'veth1'],
  ])
})

test('an IPv4 route by way of an IPv6 gateway names it', () => {
  const via = { family: 'inet6', host: 'fd01::2' }
  expect(seen({ type: 'unicast', dst: '10.51.0.0/24', via, dev: 'veth0' })?.[0]?.gateway).toBe('fd01::2')
})

test.each(['blackhole', 'unreachable', 'prohibit', 'throw'])('a %s route leads to no interface', (type) => {
  expect(seen({ type, dst: '10.52.0.0/24', table: 'main' })?.[0]).toMatchObject({ type, dev: '' })
  expect(seen({ type, dst: 'fd52::/64', dev: 'lo', table: 'main' }, 6)?.[0]).toMatchObject({ type, dev: '' })
})

test.each([
  ['of the table local', { type: 'local', dst: '10.0.0.1', dev: 'lo', table: 'local' }],
  ['of type multicast', { type: 'multicast', dst: 'ff00::/8', dev: 'eth0', table: 'main' }],
  ['of type broadcast', { type: 'broadcast', dst: '10.0.0.255', dev: 'eth0', table: '10' }],
  ['of type anycast', { type: 'anycast', dst: 'fd99::', dev: 'eth0', table: '10' }],
])('a route %s is left out', (_, entry) => {
  expect(seen(entry, 6)).toEqual([])
})

test('a route to one host has its full prefix length', () => {
  expect(seen({ dst: '10.2.0.2', dev: 'veth1' })?.[0]?.dst).toBe('10.2.0.2/32')
  expect(seen({ dst: 'fd01::2', dev: 'veth1' }, 6)?.[0]?.dst).toBe('fd01::2/128')
})

const manyRoutes = (count: number) =>
  JSON.stringify(
    Array.from({ length: count }, (_, n) => ({
      type: 'unicast',
      dst: `10.${n >> 8}.${n & 255}.0/24`,
      gateway: '192.0.2.1',
      dev: 'eth0',
      table: 'main',
      protocol: 'bgp',
      metric: 20,
    })),
  )

test.each([2_500, 10_000])('of %i routes 2,000 are kept and the true number is told', (count) => {
  const [connected] = seen({ dst: '203.0.113.0/24', dev: 'wg0', protocol: 'kernel' }) ?? []
  const [fallback] = seen({ dst: 'default', gateway: 'fe80::1', dev: 'eth0', metric: 1024 }, 6) ?? []
  const all = parseRoutes(manyRoutes(count), 4) ?? []
  if (!connected || !fallback) throw new Error('unparsed')
  const { routes, routesTotal } = cutRoutes([...all, connected, fallback])
  expect(routes).toHaveLength(MAX_ROUTES)
  expect(routesTotal).toBe(count + 2)
  expect(routes).toContainEqual(connected)
  expect(routes).toContainEqual(fallback)
})

test('a list of exactly 2,000 routes is whole, and says so by having no total', () => {
  const { routes, routesTotal } = cutRoutes(parseRoutes(manyRoutes(MAX_ROUTES), 4) ?? [])
  expect(routes).toHaveLength(MAX_ROUTES)
  expect(routesTotal).toBeUndefined()
})

const anyRoute = fc.record({
  dst: fc.constantFrom('default', '10.1.0.0/16'),
  gateway: fc.option(fc.constantFrom('192.0.2.1'), { nil: undefined }),
  dev: fc.constantFrom('eth0', 'wg0'),
  metric: fc.option(fc.nat(1), { nil: undefined }),
  table: fc.constantFrom('main', '51820', 'local'),
  protocol: fc.constantFrom('kernel', 'boot', 'bgp'),
  prefsrc: fc.option(fc.constantFrom('10.0.0.1', '10.0.0.2'), { nil: undefined }),
})

test('the order of the input does not change the routes', () => {
  const shuffled = fc
    .array(anyRoute, { maxLength: 12 })
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      const routesOf = (list: readonly object[]) => cutRoutes(parseRoutes(JSON.stringify(list), 4) ?? [])
      expect(routesOf(other)).toEqual(routesOf(one))
    }),
  )
})

test('which routes are kept of too many does not depend on the order of the input', () => {
  const all = parseRoutes(manyRoutes(2_500), 4) ?? []
  expect(cutRoutes(all.toReversed())).toEqual(cutRoutes(all))
})
