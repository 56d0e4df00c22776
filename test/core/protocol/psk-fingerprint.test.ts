import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pskFingerprint } from '../../../src/core/protocol/psk-fingerprint.js'

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((raw) => Buffer.from(raw).toString('base64'))

test('both ends compute the same one, as the protocol says', () => {
  fc.assert(
    fc.property(keys, keys, keys, (psk, a, b) => {
      const [lesser, greater] = [a, b].toSorted()
      const expected = createHmac('sha256', Buffer.from(psk, 'base64'))
        .update(`kattila/1/wg-psk\n${lesser}\n${greater}`)
        .digest('hex')
      expect(pskFingerprint(psk, a, b)).toBe(expected.slice(0, 16))
      expect(pskFingerprint(psk, b, a)).toBe(expected.slice(0, 16))
    }),
  )
})

test('"lesser" is by code unit and not by language: Z comes before a', () => {
  const hash = (text: string) =>
    createHmac('sha256', Buffer.alloc(32)).update(text).digest('hex').slice(0, 16)
  expect(pskFingerprint(Buffer.alloc(32).toString('base64'), 'a', 'Z')).toBe(hash('kattila/1/wg-psk\nZ\na'))
})
