import { expect, test } from 'vitest'
import { parseInterfaces } from '../../../src/agent/collectors/interfaces.js'

const eth0 = { ifindex: 2, ifname: 'eth0', operstate: 'UP', link_type: 'ether', addr_info: [] }

function seen(...links: readonly object[]) {
  return parseInterfaces(JSON.stringify(links))
}

test('an interface without anything optional is whole, with null for what nobody said', () => {
  expect(seen({ ifindex: 2, ifname: 'eth0', operstate: 'UP' })).toEqual([
    {
      name: 'eth0',
      index: 2,
      kind: 'other',
      state: 'up',
      mtu: null,
      mac: null,
      addresses: [],
      master: null,
      parent: null,
      details: {},
      carrierChanges: null,
      rxBytes: null,
      txBytes: null,
      rxPackets: null,
      txPackets: null,
      rxErrors: null,
      txErrors: null,
      rxDropped: null,
      txDropped: null,
    },
  ])
})

test('interfaces come in the order of their indexes', () => {
  const names = seen({ ...eth0, ifindex: 11 }, { ...eth0, ifindex: 9, ifname: 'eth1' })?.map(
    ({ name }) => name,
  )
  expect(names).toEqual(['eth1', 'eth0'])
})

test.each([
  ['10.99.12.77', null],
  ['fd99:12::2', null],
  ['00:00:00:00:00:00', null],
  ['80:00:02:08:fe:80:00:00:00:00:00:00:24:8a:07:03:00:55:1a:a2', null],
  ['02:fc:00:00:00:01', '02:fc:00:00:00:01'],
])('the mac of an interface with the link-layer address %s is %s', (address, mac) => {
  expect(seen({ ...eth0, address })?.[0]?.mac).toBe(mac)
})

test('the index of an interface in another network namespace names no parent', () => {
  const vxlan = { info_kind: 'vxlan', info_data: { id: 5, link: 'eth9' } }
  expect(seen({ ...eth0, linkinfo: vxlan })?.[0]?.parent).toBe('eth9')
  expect(seen({ ...eth0, linkinfo: vxlan, link_netnsid: 0 })?.[0]?.parent).toBeNull()
  expect(seen({ ...eth0, link: 'eth9', link_netnsid: 0 })?.[0]?.parent).toBeNull()
})

test('IPv4 addresses come before those of IPv6, each once, and an entry without an address is skipped', () => {
  const addr_info = [
    { family: 'inet6', local: 'fd01::1', prefixlen: 64 },
    {},
    { family: 'inet', local: '10.2.0.1', address: '10.2.0.3', prefixlen: 32 },
    { family: 'inet', local: '10.2.0.1', address: '10.2.0.2', prefixlen: 32 },
    { family: 'inet', local: '10.1.0.1', prefixlen: 24 },
  ]
  expect(seen({ ...eth0, addr_info })?.[0]?.addresses).toEqual(['10.1.0.1/24', '10.2.0.1/32', 'fd01::1/64'])
})

test('a vxlan over IPv6 shows its addresses under the same names', () => {
  const info_data = { id: 6, group6: 'ff05::1', local6: 'fd01::1', link: 'veth0', port: 4789, ttl: 0 }
  const details = seen({ ...eth0, linkinfo: { info_kind: 'vxlan', info_data } })?.[0]?.details
  expect(details).toEqual({ id: 6, group: 'ff05::1', local: 'fd01::1', port: 4789 })
})

test('an external vxlan has no id of its own', () => {
  const info_data = { external: true, id: 0, port: 4790 }
  expect(seen({ ...eth0, linkinfo: { info_kind: 'vxlan', info_data } })?.[0]?.details).toEqual({ port: 4790 })
})

test('a fallback device is left out only while it has no remote address', () => {
  const sit0 = (remote: string) => ({
    ...eth0,
    ifname: 'sit0',
    linkinfo: { info_kind: 'sit', info_data: { remote } },
  })
  expect(seen(sit0('any'))).toEqual([])
  expect(seen(sit0('203.0.113.1'))).toHaveLength(1)
})

test('counters and carrier changes are those of stats64', () => {
  const stats64 = {
    rx: { bytes: 1, packets: 2, errors: 3, dropped: 4, over_errors: 0 },
    tx: { bytes: 5, packets: 6, errors: 7, dropped: 8, carrier_changes: 9 },
  }
  expect(seen({ ...eth0, stats64 })?.[0]).toMatchObject({
    rxBytes: 1,
    rxPackets: 2,
    rxErrors: 3,
    rxDropped: 4,
    txBytes: 5,
    txPackets: 6,
    txErrors: 7,
    txDropped: 8,
    carrierChanges: 9,
  })
})

test.each([
  ['an object', '{}'],
  ['half an answer', '[{"ifindex":1'],
  ['plain text', '1: lo: <LOOPBACK,UP>'],
  ['an entry without a name', '[{"ifindex":1,"operstate":"UP"}]'],
  ['a number for a name', '[{"ifindex":1,"ifname":5,"operstate":"UP"}]'],
])('%s is not an answer', (_, text) => {
  expect(parseInterfaces(text)).toBeUndefined()
})

test.each([
  ['an empty text', ''],
  ['an empty list', '[]\n'],
  ['hollow entries', '[{},null,{}]'],
])('%s is an answer with nothing in it', (_, text) => {
  expect(parseInterfaces(text)).toEqual([])
})
