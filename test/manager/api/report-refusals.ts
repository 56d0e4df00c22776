import { computeMac } from '../../../src/core/protocol/mac.js'
import { encodeReport } from '../../../src/core/protocol/report.js'
import { envelopeAround, envelopeOf, NOW, PSK, reportOf, unsignedEnvelope } from '../fleet.js'
import { deep, hel, next, proven, type Refused, sto, WINDOW_MS, withData } from './exchange.js'

/** What is refused of an agent that has reported tick 1 with its key, its MAC verified or just not (protocol section 3). */
export const REPORT_REFUSALS: readonly Refused[] = [
  {
    when: 'no known key makes the MAC',
    request: { body: envelopeOf(hel, next, {}, Buffer.from('some other secret')) },
    status: 401,
    code: 'bad_signature',
  },
  {
    when: 'one character of data was changed',
    request: { body: { ...envelopeOf(hel, next), data: encodeReport(next).replace('"tick":2', '"tick":3') } },
    status: 401,
    code: 'bad_signature',
  },
  {
    when: 'the MAC was made for a registration',
    request: {
      body: { ...envelopeOf(hel, next), hmac: computeMac(PSK, 'register', encodeReport(next)) },
    },
    status: 401,
    code: 'bad_signature',
  },
  ...[-1, 1].map((sign) => ({
    when: `the timestamp is ${sign * (WINDOW_MS + 1)} ms from the clock`,
    request: { body: envelopeOf(hel, { ...next, timestamp: NOW + sign * (WINDOW_MS + 1) }) },
    status: 401,
    code: 'clock_skew',
    ...proven,
  })),
  {
    when: 'sig is missing after a key was pinned',
    request: { body: unsignedEnvelope(hel, next) },
    status: 401,
    code: 'bad_identity',
    ...proven,
  },
  {
    when: 'sig is of another text',
    request: { body: { ...envelopeOf(hel, next), sig: envelopeOf(hel, reportOf(hel)).sig } },
    status: 401,
    code: 'bad_identity',
    ...proven,
  },
  {
    when: 'sig and public_key are of another key than the pinned one',
    request: {
      body: envelopeOf({ ...sto, agentId: hel.agentId }, { ...next, publicKey: sto.identity.publicKey }),
    },
    status: 401,
    code: 'bad_identity',
    ...proven,
  },
  {
    when: 'sig is of another key and public_key is left out',
    request: {
      body: envelopeOf({ ...sto, agentId: hel.agentId }, { ...next, publicKey: undefined }),
    },
    status: 401,
    code: 'bad_identity',
    ...proven,
  },
  {
    when: 'public_key is a low-order point',
    request: {
      body: envelopeOf(hel, { ...next, publicKey: Buffer.alloc(32).fill(1, 0, 1).toString('base64url') }),
    },
    status: 401,
    code: 'bad_identity',
    ...proven,
  },
  {
    when: 'the nonce was used in another envelope',
    request: { body: envelopeOf(hel, { ...next, nonce: reportOf(hel).nonce }) },
    status: 409,
    code: 'replayed',
    provenFor: reportOf(hel).nonce,
  },
  {
    when: 'the tick is the last accepted one',
    request: { body: envelopeOf(hel, { ...next, tick: 1 }) },
    status: 409,
    code: 'stale_tick',
    ...proven,
  },
  {
    when: 'the tick is lower than the last accepted one',
    request: { body: envelopeOf(hel, { ...next, tick: 0 }) },
    status: 409,
    code: 'stale_tick',
    ...proven,
  },
  {
    when: 'data is not JSON',
    request: { body: envelopeAround(hel, 'tick 2') },
    status: 422,
    code: 'invalid',
    provenFor: '',
  },
  {
    when: 'data nests 17 levels',
    request: { body: withData({ labels: deep(16) }) },
    status: 422,
    code: 'invalid',
    provenFor: '',
  },
  {
    when: 'a peer is mistyped',
    request: {
      body: withData({
        wg_peers: [...(JSON.parse(encodeReport(next)).wg_peers ?? []), { interface: 'wg0' }],
      }),
    },
    status: 422,
    code: 'invalid',
    path: 'wg_peers[1].public_key',
    ...proven,
  },
  {
    when: 'the schema of data is unknown',
    request: { body: withData({ schema: 'kattila.report/2' }) },
    status: 422,
    code: 'invalid',
    path: 'schema',
    ...proven,
  },
  {
    when: 'the nonce of data is no string',
    request: { body: withData({ nonce: 5 }) },
    status: 422,
    code: 'invalid',
    path: 'nonce',
    provenFor: '',
  },
  {
    when: 'agent_id inside and outside data differ',
    request: { body: { ...envelopeOf(hel, next), agent_id: sto.agentId } },
    status: 422,
    code: 'invalid',
    path: 'agent_id',
    ...proven,
  },
]
