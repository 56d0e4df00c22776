import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  AGENT_ID,
  hopHeader,
  NOW,
  RELAY_A,
  RELAY_B,
  RELAY_C,
  seal,
  sealRegistration,
} from '../../core/sealed-report.js'
import { OWN_ID, openApp, PREVIOUS } from './open-app.js'

const OTHER = Buffer.from('the secret of another fleet')
const FOURTH = 'e1b2c3d4e5f60718293a4b5c6d7e8f90'
const MIB = 1_048_576
type Sent = { hmac: string; relay_path: string[]; agent_id?: string | null }

/** A report over these relays, with a right hop unless `hop` says otherwise. */
function over(path: string[], { hop = {} as Parameters<typeof hopHeader>[1], outside = {} } = {}) {
  const envelope = seal({ outside: { ...outside, relay_path: path } }) as ReturnType<typeof seal>
  return { body: envelope, headers: { 'Kattila-Hop': hopHeader(envelope, hop) } }
}
const withHop = (body: Sent) => ({ body, headers: { 'Kattila-Hop': hopHeader(body) } })
const good = over([])
const zeros = Buffer.alloc(64 * MIB)

type Refused = {
  readonly body: object | string | Uint8Array<ArrayBuffer>
  readonly headers?: Record<string, string>
  readonly status: number
  readonly code: string
}

const REFUSED: Readonly<Record<string, Refused>> = {
  'a body over 1 MiB': { body: 'x'.repeat(MIB + 1), status: 413, code: 'too_large' },
  'a body that says it is over 1 MiB': {
    ...{ ...good, headers: { ...good.headers, 'content-length': String(MIB + 1) } },
    ...{ status: 413, code: 'too_large' },
  },
  'a body that unpacks to more than 1 MiB': {
    ...{ body: new Uint8Array(gzipSync(zeros)), headers: { 'content-encoding': 'gzip' } },
    ...{ status: 413, code: 'too_large' },
  },
  'another encoding': {
    ...{ body: 'x', headers: { 'content-encoding': 'br' }, status: 415, code: 'unsupported_encoding' },
  },
  'what is not gzip': {
    ...{ body: 'x', headers: { 'content-encoding': 'gzip' }, status: 400, code: 'malformed' },
  },
  'no body': { body: '', status: 400, code: 'malformed' },
  'what is not JSON': { body: '{', status: 400, code: 'malformed' },
  'a list': { body: [], status: 400, code: 'malformed' },
  'bytes that are no UTF-8': { body: new Uint8Array([0x22, 0xff, 0x22]), status: 400, code: 'malformed' },
  'another version': { ...withHop(seal({ outside: { v: 2 } })), status: 400, code: 'unsupported_version' },
  'a report without an agent': {
    ...{ ...withHop(seal({ outside: { agent_id: null } })), status: 400, code: 'malformed' },
  },
  'an envelope without a path': {
    ...{ body: seal({ outside: { relay_path: undefined } }), headers: good.headers },
    ...{ status: 400, code: 'malformed' },
  },
  'a path that is no list of agents': {
    ...{ body: seal({ outside: { relay_path: ['127.0.0.1'] } }), headers: good.headers },
    ...{ status: 400, code: 'malformed' },
  },
  'a registration': { ...withHop(sealRegistration()), status: 400, code: 'malformed' },
  'a report of another fleet': { ...withHop(seal({ psk: OTHER })), status: 401, code: 'bad_signature' },
  'a byte that was altered': {
    ...withHop({ ...seal(), ...{ data: seal().data.replace('hel-1', 'hel-2') } }),
    ...{ status: 401, code: 'bad_signature' },
  },
  'no hop': { body: good.body, status: 401, code: 'bad_hop' },
  'an empty hop': { ...good, headers: { 'Kattila-Hop': '' }, status: 401, code: 'bad_hop' },
  'a hop of another version': {
    ...{ ...good, headers: { 'Kattila-Hop': hopHeader(good.body).replace('v=1', 'v=2') } },
    ...{ status: 401, code: 'bad_hop' },
  },
  'two hops': {
    ...{ ...good, headers: { 'Kattila-Hop': `${hopHeader(good.body)}, ${hopHeader(good.body)}` } },
    ...{ status: 401, code: 'bad_hop' },
  },
  'a hop of another fleet': { ...over([], { hop: { psk: OTHER } }), status: 401, code: 'bad_hop' },
  'a first hop that is not the origin’s': {
    ...over([], { hop: { agent: RELAY_A } }),
    ...{ status: 401, code: 'bad_hop' },
  },
  'a hop of an agent that is not the last of the path': {
    ...over([RELAY_A, RELAY_B], { hop: { agent: RELAY_A } }),
    ...{ status: 401, code: 'bad_hop' },
  },
  'a hop of the origin after a relay': {
    ...over([RELAY_A], { hop: { agent: AGENT_ID } }),
    ...{ status: 401, code: 'bad_hop' },
  },
  'a hop over a longer path': { ...over([], { hop: { path: [RELAY_A] } }), status: 401, code: 'bad_hop' },
  'a hop over a shorter path': {
    ...over([RELAY_A, RELAY_B], { hop: { path: [RELAY_B] } }),
    ...{ status: 401, code: 'bad_hop' },
  },
  'a hop that is too old': { ...over([], { hop: { at: NOW - 600_001 } }), status: 401, code: 'bad_hop' },
  'a hop of the future': { ...over([], { hop: { at: NOW + 600_001 } }), status: 401, code: 'bad_hop' },
  'a report that came past here': { ...over([OWN_ID]), status: 409, code: 'relay_loop' },
  'a report that came past here first': {
    ...{ ...over([OWN_ID, RELAY_A]), status: 409, code: 'relay_loop' },
  },
  'a report of this very agent': {
    ...{ ...over([], { outside: { agent_id: OWN_ID }, hop: { agent: OWN_ID } }), status: 409 },
    code: 'relay_loop',
  },
  'a report of this very agent, from another one': {
    ...{ ...over([RELAY_A], { outside: { agent_id: OWN_ID } }), status: 409, code: 'relay_loop' },
  },
  'a report that came past another one twice': {
    ...{ ...over([RELAY_A, RELAY_B, RELAY_A]), status: 409, code: 'relay_loop' },
  },
  'a report that came past its origin': {
    ...{ ...over([RELAY_A, AGENT_ID]), status: 409, code: 'relay_loop' },
  },
  'a report that came through three agents': {
    ...{ ...over([RELAY_A, RELAY_B, RELAY_C]), status: 409, code: 'too_many_hops' },
  },
  'a report that came through four agents': {
    ...{ ...over([RELAY_A, RELAY_B, RELAY_C, FOURTH]), status: 409, code: 'too_many_hops' },
  },
}

describe('refused without a proof, and nothing is forwarded:', () => {
  test.for(Object.entries(REFUSED))('%s', async ([, { body, headers, status, code }]) => {
    const { relay, forwarded, badSignatures } = openApp()
    const answer = await relay(body, headers)
    expect([answer.status, answer.json]).toEqual([
      status,
      { error: { code, message: expect.any(String) }, server_time: NOW },
    ])
    expect(forwarded).toEqual([])
    // A reason to look for a rotated secret is that alone.
    expect(badSignatures()).toBe(code === 'bad_signature' ? 1 : 0)
  })

  test('a body without end, which is read to the limit and no further', async () => {
    const { ask, forwarded } = openApp()
    let pulled = 0
    const body = new ReadableStream({
      pull: (controller) => {
        pulled += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const answer = await ask('/status/relay', { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect([answer.status, answer.json.error.code]).toEqual([413, 'too_large'])
    expect(pulled).toBeLessThan(MIB + 5 * 65_536)
    expect(forwarded).toEqual([])
  })
})

describe('the first of several faults is the one that counts:', () => {
  test.for<[string, Refused]>([
    ['the signature before the hop', { body: seal({ psk: OTHER }), status: 401, code: 'bad_signature' }],
    ['the hop before the loop', { ...over([OWN_ID], { hop: { psk: OTHER } }), status: 401, code: 'bad_hop' }],
    ['the loop before the length', { ...over([RELAY_A, RELAY_B, OWN_ID]), status: 409, code: 'relay_loop' }],
  ])('%s', async ([, { body, headers, status, code }]) => {
    const answer = await openApp().relay(body, headers)
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
  })
})

test.for([
  ['the edge of the clock window', over([], { hop: { at: NOW - 600_000 } })],
  ['the other edge of it', over([], { hop: { at: NOW + 600_000 } })],
  ['two agents before it, which leaves room for one', over([RELAY_A, RELAY_B])],
  ['a hop made with a previous key', over([RELAY_A], { hop: { psk: PREVIOUS } })],
] as const)('taken: %s', async ([, { body, headers }]) => {
  const { relay, forwarded } = openApp()
  expect((await relay(body, headers)).status).toBe(200)
  expect(forwarded).toHaveLength(1)
})
