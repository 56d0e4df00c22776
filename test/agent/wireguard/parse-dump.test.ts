import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseWgDump } from '../../../src/agent/wireguard/parse-dump.js'
import { pskFingerprint } from '../../../src/core/protocol/psk-fingerprint.js'

/** A key of 32 bytes of one letter. */
const key = (letter: string) => Buffer.alloc(32, letter).toString('base64')
const OWN = key('o')
const line = (...columns: readonly string[]) => `${columns.join('\t')}\n`
const wg0 = line('wg0', key('s'), OWN, '51820', 'off')
const peer = (name: string, change: Partial<Record<number, string>> = {}) =>
  line(
    ...[
      'wg0',
      key(name),
      '(none)',
      '203.0.113.9:51820',
      '10.9.0.2/32',
      '1795199462',
      '1648',
      '672',
      '25',
    ].map((column, n) => change[n] ?? column),
  )

describe('the columns of `wg show all dump`', () => {
  test('are an interface and its peers', () => {
    expect(parseWgDump(wg0 + peer('a'))).toEqual({
      names: ['wg0'],
      interfaces: [{ name: 'wg0', publicKey: OWN, listenPort: 51820, fwmark: null }],
      peers: [
        {
          interface: 'wg0',
          publicKey: key('a'),
          endpoint: '203.0.113.9:51820',
          allowedIps: ['10.9.0.2/32'],
          latestHandshakeAt: 1795199462000,
          rxBytes: 1648,
          txBytes: 672,
          persistentKeepaliveS: 25,
          pskFingerprint: null,
        },
      ],
    })
  })

  test('say none in several ways', () => {
    const dump = parseWgDump(wg0 + peer('a', { 3: '(none)', 4: '(none)', 5: '0', 8: 'off' }))
    expect(dump?.peers[0]).toMatchObject({
      endpoint: null,
      allowedIps: [],
      latestHandshakeAt: null,
      persistentKeepaliveS: null,
    })
  })

  test('hold a fwmark, and a port of 0 where there is none yet', () => {
    const dump = parseWgDump(line('wg0', key('s'), OWN, '0', '0xca6c'))
    expect(dump?.interfaces[0]).toMatchObject({ listenPort: null, fwmark: '0xca6c' })
  })

  test.each(['[2001:db8::9]:51820', '[fe80::1%eth0]:51820', '[::ffff:203.0.113.9]:1'])(
    'hold the endpoint %s',
    (to) => {
      expect(parseWgDump(wg0 + peer('a', { 3: to }))?.peers[0]?.endpoint).toBe(to)
    },
  )

  test('hold counters past 2^53', () => {
    expect(parseWgDump(wg0 + peer('a', { 6: '18446744073709551615' }))?.peers[0]?.rxBytes).toBe(2 ** 64)
  })

  test('tell a preshared key by its fingerprint only', () => {
    const dump = parseWgDump(wg0 + peer('a', { 2: key('p') }))
    expect(dump?.peers[0]?.pskFingerprint).toBe(pskFingerprint(key('p'), key('a'), OWN))
    expect(JSON.stringify(dump)).not.toContain(key('p'))
  })

  test('leave an interface without a key, and its peers, without identity', () => {
    const dump = parseWgDump(
      line('wg9', '(none)', '(none)', '0', 'off') + peer('a', { 0: 'wg9', 2: key('p') }),
    )
    expect(dump).toEqual({ names: ['wg9'], interfaces: [], peers: [] })
  })

  test('may be none at all', () => {
    expect(parseWgDump('')).toEqual({ names: [], interfaces: [], peers: [] })
  })
})

describe('not understood as a whole is', () => {
  test.each([
    ['a line of six columns', line('wg0', key('s'), OWN, '51820', 'off', 'new')],
    ['a peer before its interface', peer('a') + wg0],
    ['an interface twice', wg0 + wg0],
    ['a peer of eight columns', wg0 + peer('a').replace('\t25', '')],
    ['a peer of ten columns', wg0 + peer('a').replace('\n', '\tnew\n')],
    ['a key in the place of a fwmark', line('wg0', key('s'), OWN, '51820', key('x'))],
    ['a preshared key in the place of an endpoint', wg0 + peer('a', { 3: key('p') })],
    ['a key that is too short', wg0 + peer('a', { 1: 'short' })],
    ['a number that is none', wg0 + peer('a', { 6: '-1' })],
    ['a port past 65535', line('wg0', key('s'), OWN, '1795199462', 'off')],
    ['a peer cut down to five columns', wg0 + line('wg0', key('a'), key('p'), '0', 'off')],
    ['a private key in the place of the public one', line('wg0', key('s'), key('s'), '51820', 'off')],
    ['a public key without a private one', line('wg0', '(none)', OWN, '51820', 'off')],
    ['a preshared key in the place of the public one', wg0 + peer('p', { 2: key('p') })],
    ['the private key in the place of a public one', wg0 + peer('s')],
    ['a handshake past all time', wg0 + peer('a', { 5: '18446744073709551615' })],
    ['a message', 'Unable to access interface wg0: Operation not permitted\n'],
  ])('%s', (_, dump) => {
    expect(parseWgDump(dump)).toBeUndefined()
  })
})

test('the order of the peers in the input does not change the result', () => {
  const peers = ['a', 'b', 'c', 'd', 'e'].map((name) => peer(name))
  const inOrder = parseWgDump(wg0 + peers.join(''))
  fc.assert(
    fc.property(fc.shuffledSubarray(peers, { minLength: peers.length }), (shuffled) => {
      expect(parseWgDump(wg0 + shuffled.join(''))).toEqual(inOrder)
    }),
  )
})
