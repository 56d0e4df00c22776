import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  generateIdentity,
  identityPem,
  isLowOrder,
  isSignedBy,
  parseIdentityPem,
  signData,
} from '../../../src/core/protocol/identity.js'
import { KEY, OTHER_KEY, signature } from '../sealed-report.js'

const SIG = signature(KEY.privateKey, 'kattila/1/report\ndata')

describe('a signature', () => {
  test('holds for its key, purpose and data alone', () => {
    expect(isSignedBy(KEY.publicKey, 'report', 'data', SIG)).toBe(true)
    expect(isSignedBy(OTHER_KEY.publicKey, 'report', 'data', SIG)).toBe(false)
    expect(isSignedBy(KEY.publicKey, 'register', 'data', SIG)).toBe(false)
    expect(isSignedBy(KEY.publicKey, 'report', 'data ', SIG)).toBe(false)
  })

  test('is base64url of 64 bytes without padding', () => {
    expect(signData(KEY, 'report', 'data')).toBe(SIG)
    expect(SIG).toMatch(/^[A-Za-z0-9_-]{86}$/)
  })

  test.for([
    ['empty', ''],
    ['padded', `${SIG}==`],
    ['in the other alphabet', Buffer.from(SIG, 'base64url').toString('base64')],
    ['with a space', ` ${SIG}`],
    ['with a line end', `${SIG}\n`],
    ['a byte short', Buffer.from(SIG, 'base64url').subarray(0, 63).toString('base64url')],
    ['a byte long', `${SIG}AA`],
    ['in hex', Buffer.from(SIG, 'base64url').toString('hex')],
  ] as const)('%s is none', ([, sig]) => {
    expect(isSignedBy(KEY.publicKey, 'report', 'data', sig)).toBe(false)
  })

  test('is no other when the group order is added to it (RFC 8032, section 5.1.7)', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const raw = Buffer.from(SIG, 'base64url')
    const s = BigInt(`0x${Buffer.from(raw.subarray(32)).reverse().toString('hex')}`) + order
    const twin = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
    const forged = Buffer.concat([raw.subarray(0, 32), twin]).toString('base64url')
    expect(isSignedBy(KEY.publicKey, 'report', 'data', forged)).toBe(false)
  })

  test('by any 32 bytes as a key is judged without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), (raw) => {
        const key = Buffer.from(raw).toString('base64url')
        expect(isSignedBy(key, 'report', 'data', SIG)).toBe(false)
      }),
    )
  })
})

describe('low-order keys', () => {
  const P = 2n ** 255n - 19n
  const encode = (y: bigint, sign: boolean) => {
    const raw = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse()
    raw.writeUInt8(raw.readUInt8(31) | (sign ? 0x80 : 0), 31)
    return raw
  }
  const low = lowOrderY().flatMap((y) =>
    // A y below 19 has a second encoding of 255 bits, y + p.
    [y, ...(y + P < 2n ** 255n ? [y + P] : [])].flatMap((y) => [encode(y, false), encode(y, true)]),
  )

  test('there are 14 encodings of the 8 points, canonical and not, with either sign', () => {
    expect(new Set(low.map((raw) => raw.toString('hex'))).size).toBe(14)
  })

  test('every encoding is of low order', () => {
    expect(low.filter((raw) => !isLowOrder(raw.toString('base64url')))).toEqual([])
  })

  test('the signature that older OpenSSLs find right for every message under them is refused', () => {
    // R is the neutral element and S is zero, so S·B = R + h·A holds whenever h·A is neutral.
    const sig = Buffer.concat([encode(1n, false), Buffer.alloc(32)]).toString('base64url')
    const messages = Array.from({ length: 64 }, (_, i) => `message ${i}`)
    const fooled = low.filter((raw) =>
      messages.some((data) => isSignedBy(raw.toString('base64url'), 'report', data, sig)),
    )
    expect(fooled).toEqual([])
  })

  test('a key that was made by anyone is none', () => {
    for (let i = 0; i < 50; i++) expect(isLowOrder(generateIdentity().publicKey)).toBe(false)
    expect(isLowOrder('')).toBe(false)
  })

  /** The y of every point whose order divides 8: those of points of order 8 in general position, times the group order. */
  function lowOrderY(): readonly bigint[] {
    const mod = (n: bigint) => ((n % P) + P) % P
    const power = (base: bigint, exponent: bigint): bigint => {
      if (exponent === 0n) return 1n
      const half = power(mod(base * base), exponent / 2n)
      return exponent % 2n === 1n ? mod(half * base) : half
    }
    const inverse = (n: bigint) => power(n, P - 2n)
    const d = mod(-121665n * inverse(121666n))
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    type Point = readonly [bigint, bigint]
    const add = ([x1, y1]: Point, [x2, y2]: Point): Point => {
      const t = mod(d * x1 * x2 * y1 * y2)
      return [mod((x1 * y2 + x2 * y1) * inverse(1n + t)), mod((y1 * y2 + x1 * x2) * inverse(1n - t))]
    }
    const times = (n: bigint, point: Point): Point => {
      if (n === 0n) return [0n, 1n]
      const half = times(n / 2n, add(point, point))
      return n % 2n === 1n ? add(half, point) : half
    }
    const root = (n: bigint): bigint | undefined => {
      const candidate = power(n, (P + 3n) / 8n)
      return [candidate, mod(candidate * power(2n, (P - 1n) / 4n))].find((x) => mod(x * x) === n)
    }
    const found = new Set<bigint>()
    for (let y = 2n; found.size < 5; y++) {
      const x = root(mod((y * y - 1n) * inverse(d * y * y + 1n)))
      if (x === undefined) continue
      const low = times(order, [x, y])
      for (let n = 0n; n < 8n; n++) found.add(times(n, low)[1])
    }
    return [...found]
  }
})

describe('the key file', () => {
  test('gives the same identity back', () => {
    const identity = generateIdentity()
    const again = parseIdentityPem(identityPem(identity))
    expect(again.publicKey).toBe(identity.publicKey)
    expect(signData(again, 'report', 'x')).toBe(signData(identity, 'report', 'x'))
  })

  test('of another algorithm is refused', () => {
    const pem = generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    expect(() => parseIdentityPem(pem)).toThrow('not an Ed25519 private key')
  })
})
