import { expect, test } from 'vitest'
import { collectSnapshot } from '../../../src/agent/collect.js'
import { listenAddresses } from '../../../src/agent/server/addresses.js'
import type { Sections } from '../../../src/agent/snapshot.js'
import { openFixtureHost } from '../fixture-host.js'

const wg = (change: object = {}) => ({
  ...{
    name: 'wg0',
    kind: 'wireguard',
    state: 'unknown',
    addresses: ['10.9.0.2/24', 'fd66::2/64'],
    ...change,
  },
})
const eth = { name: 'eth0', kind: 'ethernet', state: 'up', addresses: ['192.168.1.2/24'] }
const listening = (...interfaces: object[]) => listenAddresses({ interfaces } as unknown as Sections, null)

test('an agent listens on loopback and on the addresses of its WireGuard interfaces alone', () => {
  expect(listening(eth, wg(), wg({ name: 'wg1', addresses: ['10.8.0.1/32'] }))).toEqual([
    ...['127.0.0.1', '10.9.0.2', 'fd66::2', '10.8.0.1'],
  ])
  expect(listening(eth)).toEqual(['127.0.0.1'])
})

test('not on one that is down, nor on a link-local address, which belongs to no interface by itself', () => {
  expect(listening(wg({ state: 'down' }))).toEqual(['127.0.0.1'])
  expect(listening(wg({ addresses: ['fe80::1/64', 'FE80::2/64', '10.9.0.2/24'] }))).toEqual([
    '127.0.0.1',
    '10.9.0.2',
  ])
})

test('where it was told, and nowhere else', () => {
  expect(listenAddresses({ interfaces: [wg()] } as unknown as Sections, '0.0.0.0')).toEqual(['0.0.0.0'])
  expect(listenAddresses({}, '10.1.1.1')).toEqual(['10.1.1.1'])
})

test('while the interfaces cannot be seen nothing changes', () => {
  expect(listenAddresses({}, null)).toBeUndefined()
})

test('also where the kernel calls a WireGuard interface a tun', async () => {
  const { sections } = await collectSnapshot(openFixtureHost('mesh6-n1-healthy').host, { now: () => 0 })
  const addresses = listenAddresses(sections, null) ?? []
  expect(addresses[0]).toBe('127.0.0.1')
  expect(addresses.length).toBeGreaterThan(1)
})
