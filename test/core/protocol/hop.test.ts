import { expect, test } from 'vitest'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { formatHop, hopFault, parseHop } from '../../../src/core/protocol/hop.js'
import { AGENT_ID, hmac, hopHeader, NOW, PSK, RELAY_A, RELAY_B, seal } from '../sealed-report.js'

const direct = seal() as Envelope & { relay_path: string[] }
const relayed = { ...direct, relay_path: [RELAY_A, RELAY_B] }
const header = hopHeader(relayed)

test('a header is written to the byte', () => {
  const mac = hmac(PSK, `kattila/1/hop\n${RELAY_B}\n${NOW}\n${RELAY_A},${RELAY_B}\n${direct.hmac}`)
  expect(formatHop(PSK, RELAY_B, NOW, relayed)).toBe(`v=1; agent=${RELAY_B}; at=${NOW}; mac=${mac}`)
})

test('what is written is read back', () => {
  expect(parseHop(header)).toEqual({ agentId: RELAY_B, at: NOW, mac: header.slice(-64) })
})

test('the last relay is the sender', () => {
  expect(hopFault(relayed, header, [PSK], NOW)).toBeUndefined()
})

test('the origin is the sender where nobody forwarded', () => {
  expect(hopFault(direct, hopHeader(direct), [PSK], NOW)).toBeUndefined()
  expect(hopHeader(direct)).toContain(`agent=${AGENT_ID}`)
})

test('any accepted key may have made it', () => {
  const previous = Buffer.from('the secret of yesterday')
  expect(hopFault(relayed, hopHeader(relayed, { psk: previous }), [PSK, previous], NOW)).toBeUndefined()
})

test.for([-600_000, 600_000])('%i ms from our clock passes', (offset) => {
  expect(hopFault(relayed, hopHeader(relayed, { at: NOW + offset }), [PSK], NOW)).toBeUndefined()
})

test.for([
  ['no header', undefined, 'missing'],
  ['an empty header', '', 'cannot be read'],
  ['another version', header.replace('v=1', 'v=2'), 'cannot be read'],
  ['another order', header.replace(/agent=(\w+); at=(\d+)/, 'at=$2; agent=$1'), 'cannot be read'],
  ['capital digits', header.replace(RELAY_B, RELAY_B.toUpperCase()), 'cannot be read'],
  ['a negative time', header.replace('at=', 'at=-'), 'cannot be read'],
  ['a longer MAC', `${header}00`, 'cannot be read'],
  ['a second header behind a comma', `${header}, ${header}`, 'cannot be read'],
  ['a sender earlier in the path', hopHeader(relayed, { agent: RELAY_A }), 'last agent'],
  ['the origin as the sender', hopHeader(relayed, { agent: AGENT_ID }), 'last agent'],
  ['a time too old', hopHeader(relayed, { at: NOW - 600_001 }), 'clock window'],
  ['a time too new', hopHeader(relayed, { at: NOW + 600_001 }), 'clock window'],
  ['another time than the one signed', header.replace(String(NOW), String(NOW + 1)), 'MAC'],
  ['another path than the one signed', hopHeader(relayed, { path: [RELAY_B] }), 'MAC'],
  ['an unknown secret', hopHeader(relayed, { psk: Buffer.from('nobody knows this secret') }), 'MAC'],
] as const)('%s is a fault', ([, given, reason]) => {
  expect(hopFault(relayed, given, [PSK], NOW)).toContain(reason)
})

test('a header made for another envelope is a fault', () => {
  const other = { ...relayed, hmac: 'f'.repeat(64) }
  expect(hopFault(other, header, [PSK], NOW)).toContain('MAC')
})
