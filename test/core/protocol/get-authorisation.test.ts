import { describe, expect, test } from 'vitest'
import { formatGetAuthorisation, isMember } from '../../../src/core/protocol/get-authorisation.js'
import { AGENT_ID, hmac, NONCE, NOW, PSK } from '../sealed-report.js'

const PREVIOUS = Buffer.from('the secret before that one')
const OTHER = Buffer.from('the secret of another fleet')
const PATH = '/status/peer'
const KEYS = [PSK, PREVIOUS]

/** The header as protocol section 5 says, without the code under test. */
function header({
  psk = PSK as Uint8Array,
  path = PATH,
  agent = AGENT_ID,
  at = NOW as number | string,
  nonce = NONCE,
} = {}) {
  const mac = hmac(psk, `kattila/1/get\n${path}\n${agent}\n${at}\n${nonce}`)
  return `Kattila agent=${agent},at=${at},nonce=${nonce},mac=${mac}`
}

test('the header is that of the protocol', () => {
  expect(formatGetAuthorisation(PSK, PATH, AGENT_ID, NOW, NONCE)).toBe(header())
})

describe('a member is', () => {
  test.for([
    ['one with the current key', header()],
    ['one with a previous key', header({ psk: PREVIOUS })],
    ['one whose clock is 10 minutes behind', header({ at: NOW - 600_000 })],
    ['one whose clock is 10 minutes ahead', header({ at: NOW + 600_000 })],
    ['any agent of the fleet', header({ agent: 'f'.repeat(32) })],
  ] as const)('%s', ([, given]) => {
    expect(isMember(given, PATH, KEYS, NOW)).toBe(true)
  })
})

describe('no member is', () => {
  const good = header()
  test.for([
    ['nobody', undefined],
    ['silence', ''],
    ['one of another fleet', header({ psk: OTHER })],
    ['one that asks for another path', header({ path: '/status/healthcheck' })],
    ['one that asked for a longer path', header({ path: '/status/peer/' })],
    ['one that asked 10 minutes and a millisecond ago', header({ at: NOW - 600_001 })],
    ['one that asks 10 minutes and a millisecond too early', header({ at: NOW + 600_001 })],
    ['one whose time is no number', header({ at: 'now' })],
    ['one whose time is not whole', header({ at: `${NOW}.5` })],
    ['one whose time is too long for a number', header({ at: `${NOW}000` })],
    ['one with another id under the MAC', good.replace(AGENT_ID, 'f'.repeat(32))],
    ['one with another nonce under the MAC', good.replace(NONCE, 'BAECAwQFBgcICQoLDA0ODw')],
    ['one with another time under the MAC', good.replace(String(NOW), String(NOW + 1))],
    ['one with a short nonce', header({ nonce: 'AAEC' })],
    ['one with an id in capitals', header({ agent: AGENT_ID.toUpperCase() })],
    ['one without a MAC', good.replace(/,mac=.*/, '')],
    ['one with a MAC in capitals', good.replace(/mac=.*/, (mac) => `mac=${mac.slice(4).toUpperCase()}`)],
    ['one with something before', ` x${good}`],
    ['one with something behind', `${good},x=1`],
    ['one with another scheme', good.replace('Kattila', 'Bearer')],
    [
      'one with a hop’s MAC',
      `Kattila agent=${AGENT_ID},at=${NOW},nonce=${NONCE},mac=${hmac(PSK, `kattila/1/hop\n${PATH}\n${AGENT_ID}\n${NOW}\n${NONCE}`)}`,
    ],
  ] as const)('%s', ([, given]) => {
    expect(isMember(given, PATH, KEYS, NOW)).toBe(false)
  })

  test('anyone, where no key is known', () => {
    expect(isMember(header(), PATH, [], NOW)).toBe(false)
  })
})
