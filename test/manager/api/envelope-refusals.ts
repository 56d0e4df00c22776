import { encodeReport } from '../../../src/core/protocol/report.js'
import { envelopeOf, registrationOf } from '../fleet.js'
import { hel, next, type Refused, without } from './exchange.js'

/** What is refused before the MAC is looked at (protocol section 3). */
export const ENVELOPE_REFUSALS: readonly Refused[] = [
  { when: 'the body is not JSON', request: { body: '{"v":1' }, status: 400, code: 'malformed' },
  { when: 'the body is empty', request: { body: '' }, status: 400, code: 'malformed' },
  { when: 'the body is JSON but no object', request: { body: '[1]' }, status: 400, code: 'malformed' },
  {
    when: 'the body is not UTF-8',
    request: { body: Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
    status: 400,
    code: 'malformed',
  },
  ...(['v', 'type', 'agent_id', 'data', 'hmac', 'relay_path'] as const).map((field) => ({
    when: `the envelope has no ${field}`,
    request: { body: without(envelopeOf(hel, next), field) },
    status: 400,
    code: 'malformed',
  })),
  ...[
    { v: '1' },
    { type: 'acknowledgement' },
    { agent_id: null },
    { agent_id: hel.agentId.toUpperCase() },
    { data: JSON.parse(encodeReport(next)) },
    { data: '"\ud800"' },
    { hmac: 'ab' },
    { sig: 12 },
    { relay_path: 'none' },
    { relay_path: ['x'] },
  ].map((change) => ({
    when: `the envelope is mistyped: ${JSON.stringify(change).slice(0, 40)}`,
    request: { body: { ...envelopeOf(hel, next), ...change } },
    status: 400,
    code: 'malformed',
  })),
  {
    when: 'a registration comes as a report',
    request: { body: registrationOf(hel) },
    status: 400,
    code: 'malformed',
  },
  {
    when: 'the protocol version is another',
    request: { body: { ...envelopeOf(hel, next), v: 2 } },
    status: 400,
    code: 'unsupported_version',
  },
]
