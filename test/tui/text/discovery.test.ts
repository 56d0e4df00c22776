import { describe, expect, test } from 'vitest'
import {
  type DiscoveryPlan,
  type FoundAgent,
  formatDiscovery,
  formatPlan,
} from '../../../src/tui/text/discovery.js'

const found = (number: number, more: Partial<FoundAgent> = {}): FoundAgent => ({
  agentId: String(number).repeat(32),
  address: `10.66.0.${number}`,
  otherAddresses: [],
  version: '0.1.0',
  rttMs: 12,
  relay: { available: true, hops: 0 },
  ...more,
})
const plan = (more: Partial<DiscoveryPlan> = {}): DiscoveryPlan => ({
  port: 5087,
  candidates: ['10.66.0.1', '10.66.0.2', '10.66.0.3'],
  passedOver: [],
  ...more,
})
const WIDE = Number.POSITIVE_INFINITY

describe('what was found', () => {
  test('is one line an agent, with its way to a manager', () => {
    const agents = [
      found(1, { rttMs: 0 }),
      found(2, { relay: { available: true, hops: 1 } }),
      found(3, { relay: { available: true, hops: 2 }, rttMs: 120 }),
      found(4, { relay: { available: false, hops: null } }),
      found(5, { relay: { available: true, hops: null } }),
      found(6, { relay: { available: false, hops: 0 } }),
    ]
    expect(formatDiscovery(agents, plan(), 3, WIDE)).toEqual([
      'AGENT     ADDRESS    VERSION     RTT  RELAY',
      '11111111  10.66.0.1  0.1.0     <1 ms  direct',
      '22222222  10.66.0.2  0.1.0     12 ms  1 hop',
      '33333333  10.66.0.3  0.1.0    120 ms  2 hops',
      '44444444  10.66.0.4  0.1.0     12 ms  no',
      '55555555  10.66.0.5  0.1.0     12 ms  no',
      '66666666  10.66.0.6  0.1.0     12 ms  no',
      '',
      '6 agents found, 3 addresses asked',
    ])
  })

  test('has a column of other addresses where an agent has any, and drops it first', () => {
    const agents = [found(1, { otherAddresses: ['fd66::1', '10.67.0.1'] }), found(2)]
    expect(formatDiscovery(agents, plan(), 3, WIDE).slice(0, 3)).toEqual([
      'AGENT     ADDRESS    VERSION    RTT  RELAY   ALSO AT',
      '11111111  10.66.0.1  0.1.0    12 ms  direct  fd66::1 10.67.0.1',
      '22222222  10.66.0.2  0.1.0    12 ms  direct',
    ])
    expect(formatDiscovery(agents, plan(), 3, 45)[0]).toBe('AGENT     ADDRESS    VERSION    RTT  RELAY')
    expect(formatDiscovery(agents, plan(), 3, 36)[0]).toBe('AGENT     ADDRESS      RTT  RELAY')
  })

  test('may be nothing, and what was passed over is told', () => {
    const passedOver = [{ prefix: '10.0.0.0/8', message: 'too wide' }]
    expect(formatDiscovery([], plan({ passedOver }), 3, WIDE)).toEqual([
      'no agent found, 3 addresses asked',
      '1 passed over; kattila discover --dry-run says why',
    ])
    expect(formatDiscovery([], plan({ candidates: [], passedOver }), 0, WIDE)).toEqual([
      'no address to ask: AllowedIPs name none that may be asked',
      '1 passed over; kattila discover --dry-run says why',
    ])
  })

  test('says when not all were asked', () => {
    expect(formatDiscovery([found(1)], plan(), 2, WIDE).at(-1)).toBe('1 agent found, 2 of 3 addresses asked')
  })

  test('cannot move the cursor', () => {
    const text = formatDiscovery([found(1, { version: '\u001b[2J' })], plan(), 3, WIDE).join('')
    expect(text).not.toContain('\u001b')
  })
})

test('a plan lists addresses, then what is passed over and why, safely', () => {
  const passedOver = [
    { prefix: '10.0.0.0/8', message: 'too wide' },
    { prefix: '::/0\u001b[2J', message: 'unreadable' },
  ]
  expect(formatPlan(plan({ candidates: ['10.66.0.1'], passedOver }))).toEqual([
    '1 address would be asked on port 5087',
    '  10.66.0.1',
    '',
    '2 passed over',
    '  10.0.0.0/8     too wide',
    '  ::/0\\u{1b}[2J  unreadable',
  ])
  expect(formatPlan(plan({ candidates: [] }))).toEqual(['0 addresses would be asked on port 5087'])
})
