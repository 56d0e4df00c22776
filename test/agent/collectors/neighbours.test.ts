import { expect, test } from 'vitest'
import { parseNeighbours } from '../../../src/agent/collectors/neighbours.js'

test('neighbours are sorted, their state is in lower case and their mac is a MAC or null', () => {
  const entries = [
    { dst: 'fd00::1', dev: 'eth0', state: ['FAILED'] },
    { dst: '10.99.11.2', dev: 'gre1', lladdr: '10.99.11.2', state: ['NOARP'] },
    { dst: '192.0.2.1', dev: 'eth0', lladdr: '02:fc:00:00:00:05', router: null, state: ['STALE'] },
    { dst: '192.0.2.9', dev: 'eth0', state: [] },
  ]
  expect(parseNeighbours(JSON.stringify(entries))).toEqual([
    { dev: 'eth0', address: '192.0.2.1', mac: '02:fc:00:00:00:05', state: 'stale' },
    { dev: 'eth0', address: '192.0.2.9', mac: null, state: null },
    { dev: 'eth0', address: 'fd00::1', mac: null, state: 'failed' },
    { dev: 'gre1', address: '10.99.11.2', mac: null, state: 'noarp' },
  ])
})
