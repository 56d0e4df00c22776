import { expect, test } from 'vitest'
import { formatPath, reportSchema } from '../../../src/core/protocol/report.js'
import { DATA } from '../sealed-report.js'

function faultOf(change: object): string | undefined {
  const parsed = reportSchema.safeParse({ ...DATA, ...change })
  return parsed.success ? undefined : formatPath(parsed.error.issues[0]?.path ?? [])
}
const peer = { interface: 'wg0', public_key: 'x', allowed_ips: [], rx_bytes: 0, tx_bytes: 0 }

test.for(Object.keys(DATA).filter((field) => field !== 'public_key'))('%s is required', (field) => {
  expect(faultOf({ [field]: undefined })).toBe(field)
})

test.for([
  ['interfaces', { name: 'eth0', kind: 'ethernet', state: 'up', addresses: [] }],
  ['routes', { dst: 'default', dev: 'eth0' }],
  ['wg_interfaces', { name: 'wg0', public_key: 'x' }],
  ['wg_peers', peer],
] as const)('in %s exactly the fields of the protocol are required', ([section, item]) => {
  expect(faultOf({ [section]: [item] })).toBeUndefined()
  for (const field of Object.keys(item))
    expect(faultOf({ [section]: [item, { ...item, [field]: undefined }] })).toBe(`${section}[1].${field}`)
})

test('a section may be absent, null or empty', () => {
  for (const wg_peers of [undefined, null, []]) expect(faultOf({ wg_peers })).toBeUndefined()
})

test.for([
  [{ tick: -1 }, 'tick'],
  [{ tick: 1.5 }, 'tick'],
  [{ tick: 2 ** 53 }, 'tick'],
  [{ tick: '5' }, 'tick'],
  [{ timestamp: -1 }, 'timestamp'],
  [{ timestamp: 1e300 }, 'timestamp'],
  [{ nonce: 'short' }, 'nonce'],
  [{ nonce: '+/ECAwQFBgcICQoLDA0ODw' }, 'nonce'],
  [{ agent_id: 'A'.repeat(32) }, 'agent_id'],
  [{ public_key: 'x' }, 'public_key'],
  [{ interval_s: 0 }, 'interval_s'],
  [{ schema: 'kattila.report/2' }, 'schema'],
  [{ labels: { site: 5 } }, 'labels.site'],
  [{ wg_peers: {} }, 'wg_peers'],
  [{ wg_peers: [{ ...peer, rx_bytes: -1 }] }, 'wg_peers[0].rx_bytes'],
  [{ wg_peers: [{ ...peer, rx_bytes: 0.5 }] }, 'wg_peers[0].rx_bytes'],
  [{ wg_peers: [{ ...peer, allowed_ips: ['::/0', 5] }] }, 'wg_peers[0].allowed_ips[1]'],
  [{ wg_peers: [{ ...peer, psk_fingerprint: 'F'.repeat(16) }] }, 'wg_peers[0].psk_fingerprint'],
  [{ system: { load: [0.1, '0'] } }, 'system.load[1]'],
  [{ failures: [{ collector: 'x', code: 5, message: '' }] }, 'failures[0].code'],
  [{ neighbours: [{ dev: 5, address: 'fe80::1' }] }, 'neighbours[0].dev'],
  [{ rules: [{ priority: 'first' }] }, 'rules[0].priority'],
  [{ interfaces: 'none' }, 'interfaces'],
  [{ routes: [{ dst: '::/0', dev: 'eth0', family: 5 }] }, 'routes[0].family'],
] as const)('%j is a fault at %s', ([change, path]) => {
  expect(faultOf(change)).toBe(path)
})

test('counters past 2^53 and past 2^64 are whole numbers still', () => {
  for (const rx_bytes of [2 ** 53, 2 ** 64, 1e300])
    expect(faultOf({ wg_peers: [{ ...peer, rx_bytes }] })).toBeUndefined()
})

test('a number too large for a double is a fault', () => {
  expect(faultOf({ wg_peers: [{ ...peer, rx_bytes: JSON.parse('1e400') }] })).toBe('wg_peers[0].rx_bytes')
})

test('a path is written as people write it', () => {
  expect(formatPath([])).toBe('')
  expect(formatPath(['wg_peers', 3, 'endpoint'])).toBe('wg_peers[3].endpoint')
})

test('of a section’s items only what the protocol requires must be there', () => {
  const least = {
    system: { memory: {}, filesystems: [{}], forwarding: {} },
    interfaces: [{ name: 'eth0', kind: 'ethernet', state: 'up', addresses: [] }],
    routes: [{ dst: 'default', dev: 'eth0' }],
    rules: [{}],
    wg_interfaces: [{ name: 'wg0', public_key: 'k' }],
    wg_peers: [{ interface: 'wg0', public_key: 'k', allowed_ips: [], rx_bytes: 0, tx_bytes: 0 }],
    neighbours: [{}],
    failures: [{}],
  }
  expect(reportSchema.safeParse({ ...DATA, ...least }).success).toBe(true)
})
