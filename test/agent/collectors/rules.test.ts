import { expect, test } from 'vitest'
import { parseRules } from '../../../src/agent/collectors/rules.js'

const plain = { to: null, fwmark: null, not: false, suppressPrefixLength: null, other: [], family: 4 }

function seen(...entries: readonly object[]) {
  return parseRules(JSON.stringify(entries), 4)
}

test('the two rules of wg-quick are told in full', () => {
  expect(
    seen(
      { priority: 32764, src: 'all', table: 'main', suppress_prefixlen: 0 },
      { priority: 32765, not: null, src: 'all', fwmark: '0xca6c', table: '51820' },
    ),
  ).toEqual([
    { ...plain, priority: 32764, from: 'all', table: 'main', suppressPrefixLength: 0 },
    { ...plain, priority: 32765, from: 'all', fwmark: '0xca6c', not: true, table: '51820' },
  ])
})

test('prefixes and mask are joined, and further conditions are named', () => {
  const rule = {
    priority: 500,
    src: '10.1.0.0',
    srclen: 24,
    dst: '10.9.0.5',
    fwmark: '0x10',
    fwmask: '0xff',
    oif: 'veth1',
    iif: 'veth0',
    table: '100',
  }
  expect(seen(rule)).toEqual([
    {
      ...plain,
      priority: 500,
      from: '10.1.0.0/24',
      to: '10.9.0.5',
      fwmark: '0x10/0xff',
      table: '100',
      other: ['iif', 'oif'],
    },
  ])
})

test.each([
  ['goto', { goto: 600 }],
  ['nop', { nop: null }],
  ['l3mdev', { l3mdev: null }],
  ['action', { action: 'blackhole' }],
])('a rule whose action is not a lookup has no table and names it: %s', (name, action) => {
  expect(seen({ priority: 1000, src: 'all', ...action })).toEqual([
    { ...plain, priority: 1000, from: 'all', table: null, other: [name] },
  ])
})

test('rules of the same priority stay in the order in which the kernel asks them', () => {
  const tables = seen(
    { priority: 20, src: 'all', table: 'b' },
    { priority: 20, src: 'all', table: 'a' },
    { priority: 10, src: 'all', table: 'c' },
  )?.map(({ table }) => table)
  expect(tables).toEqual(['c', 'b', 'a'])
})
