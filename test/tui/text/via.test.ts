import { describe, expect, test } from 'vitest'
import { type AgentFacts, formatAgent } from '../../../src/tui/text/agent.js'
import { formatFleet } from '../../../src/tui/text/fleet.js'
import { formatVia } from '../../../src/tui/text/via.js'

const NOW = 1_763_650_000_000
const [id, r1, r2] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string]
const agent: AgentFacts = {
  ...{ agentId: id, hostname: 'hel-1', status: 'active', reporting: 'reporting', receivedAt: NOW - 3000 },
  ...{ collectedAt: NOW - 3000, measuredAt: NOW - 3000, tick: 7, intervalS: 30, agentVersion: '0.1.0' },
  ...{ labels: {}, relayPath: [], relayNames: [], interfaceCount: 2, wgPeerCount: 1, failureCount: 0 },
}
const relayed = { ...agent, relayPath: [r1, r2], relayNames: ['n2', 'n1'] }
const layout = { width: 120, now: NOW, maxRows: 9 }
const fleet = (row: AgentFacts) => formatFleet([row], 120, NOW)[1]
const one = (facts: AgentFacts) => formatAgent(facts, layout).slice(0, 3).join('\n')

describe('the way of a report', () => {
  test('is its relays by name, the first one first', () => {
    expect(formatVia(relayed)).toBe('n2 → n1')
    expect(fleet(relayed)).toContain(' n2 → n1 ')
    expect(one(relayed)).toContain('came through n2 → n1')
  })

  test('is direct without relays', () => {
    expect(formatVia(agent)).toBeUndefined()
    expect(fleet(agent)).toContain(' direct ')
    expect(one(agent)).toContain('came directly')
  })

  test('shows the beginning of an id where the name is not known, or the manager is too old to tell', () => {
    expect(formatVia({ relayPath: [r1, r2], relayNames: ['n2', null] })).toBe('n2 → cccccccc')
    expect(formatVia({ relayPath: [r1] })).toBe('bbbbbbbb')
  })

  test('is safe for a terminal, whatever a relay calls itself', () => {
    const hostile = { ...relayed, relayNames: ['n2\u001b[31m', 'n\n1'] }
    for (const text of [fleet(hostile), ...formatAgent(hostile, layout)]) expect(text).not.toMatch(/\p{Cc}/u)
  })
})

test('one agent says how long its last report had waited, when it had', () => {
  expect(one(agent)).toContain('last report 3s ago · tick 7')
  const late = { ...agent, measuredAt: NOW - 3000 - 3_600_000 }
  expect(one(late)).toContain('last report 3s ago, measured 1h 00m before · tick 7')
})
