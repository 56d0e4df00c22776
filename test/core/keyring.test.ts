import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  acceptedKeys,
  type Keyring,
  parseTxtSecret,
  rotateKeyring,
  secretFault,
} from '../../src/core/keyring.js'

const HOUR = 3_600_000
const key = (name: string) => Buffer.from(`the secret called ${name}`)
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(key) as [Buffer, Buffer, Buffer, Buffer]

function rotateAll(secrets: readonly Buffer[], stepMs = 1000): Keyring {
  return secrets.reduce<Keyring>((ring, secret, i) => rotateKeyring(ring, secret, i * stepMs), [])
}
const secretsOf = (ring: Keyring) => ring.map(({ secret }) => String(secret))

describe('the laws of rotation', () => {
  const rotations = fc.array(
    fc.record({ secret: fc.constantFrom('a', 'b', 'c', 'd', 'e').map(key), waitMs: fc.nat(40 * HOUR) }),
    { minLength: 1, maxLength: 12 },
  )
  const run = (steps: readonly { secret: Buffer; waitMs: number }[]) => {
    let now = 0
    let ring: Keyring = []
    for (const { secret, waitMs } of steps) {
      now += waitMs
      ring = rotateKeyring(ring, secret, now)
    }
    return { ring, now }
  }

  test('after any rotations the last secret is current, at most two others are held, none twice', () => {
    fc.assert(
      fc.property(rotations, (steps) => {
        const { ring } = run(steps)
        expect(ring[0]?.secret).toEqual(steps.at(-1)?.secret)
        expect(ring.filter(({ retiredAt }) => retiredAt === null)).toHaveLength(1)
        expect(ring.length).toBeLessThanOrEqual(3)
        expect(new Set(secretsOf(ring)).size).toBe(ring.length)
      }),
    )
  })

  test('the same secret again changes nothing', () => {
    fc.assert(
      fc.property(rotations, (steps) => {
        const { ring, now } = run(steps)
        expect(rotateKeyring(ring, Buffer.from(ring[0]?.secret ?? ''), now + HOUR)).toBe(ring)
      }),
    )
  })

  test('accepted are the current one, and of the last two others those replaced within 24 h', () => {
    fc.assert(
      fc.property(rotations, fc.nat(40 * HOUR), (steps, waitMs) => {
        const { ring, now } = run(steps)
        expect(acceptedKeys(ring, now + waitMs).map(String)).toEqual(expectedOf(steps, now + waitMs))
      }),
    )
  })

  /** From the story alone: walk it backwards, each other secret was replaced when the one after it came. */
  function expectedOf(steps: readonly { secret: Buffer; waitMs: number }[], now: number): string[] {
    const story: { secret: string; at: number }[] = []
    let at = 0
    for (const { secret, waitMs } of steps) {
      at += waitMs
      if (story.at(-1)?.secret !== String(secret)) story.push({ secret: String(secret), at })
    }
    const held: { secret: string; replacedAt: number }[] = []
    for (let i = story.length - 2; i >= 0; i--) {
      const [one, next] = [story[i], story[i + 1]]
      const known = [story.at(-1)?.secret, ...held.map(({ secret }) => secret)]
      if (one && next && !known.includes(one.secret)) held.push({ secret: one.secret, replacedAt: next.at })
    }
    const [first, second] = held
    const previous = [first, second].filter((one) => one !== undefined)
    return [
      String(steps.at(-1)?.secret),
      ...previous.filter(({ replacedAt }) => now - replacedAt < 24 * HOUR).map(({ secret }) => secret),
    ]
  }
})

test('the third secret back is forgotten', () => {
  expect(secretsOf(rotateAll([A, B, C, D]))).toEqual([D, C, B].map(String))
})

test('a previous secret is accepted up to 24 h after it was replaced, and not from then on', () => {
  const ring = rotateAll([A, B], 1000)
  expect(acceptedKeys(ring, 1000 + 24 * HOUR - 1)).toEqual([B, A])
  expect(acceptedKeys(ring, 1000 + 24 * HOUR)).toEqual([B])
})

test('the current secret is accepted however old it is', () => {
  expect(acceptedKeys(rotateAll([A]), 10_000 * HOUR)).toEqual([A])
})

test('a secret that comes back is current again, and once only', () => {
  expect(secretsOf(rotateAll([A, B, A]))).toEqual([A, B].map(String))
})

describe('a secret', () => {
  test.for([
    ['', 'it is empty'],
    ['fifteen bytes !', 'it has 15 bytes, and at least 16 are needed'],
    ['sixteen bytes !!', undefined],
    // 8 characters, 16 bytes: bytes count.
    ['ääääääää', undefined],
  ] as const)('%j: %s', ([text, fault]) => {
    expect(secretFault(Buffer.from(text))).toBe(fault)
  })
})

describe('the secret among TXT records', () => {
  const parse = (...records: string[][]) => {
    const parsed = parseTxtSecret(records)
    return parsed.kind === 'secret' ? Buffer.from(parsed.secret).toString('utf8') : parsed.why
  }

  test('is the only record', () => {
    expect(parse(['correct horse battery'])).toBe('correct horse battery')
  })

  test('is its chunks joined', () => {
    expect(parse(['a'.repeat(255), 'b'.repeat(255), 'c'])).toBe(`${'a'.repeat(255)}${'b'.repeat(255)}c`)
  })

  test('loses one pair of double quotes and no more', () => {
    expect(parse(['"correct horse"'])).toBe('correct horse')
    expect(parse(['""correct horse""'])).toBe('"correct horse"')
    expect(parse(['"correct ', 'horse"'])).toBe('correct horse')
    expect(parse(['"correct horse'])).toBe('"correct horse')
    expect(parse(['"'])).toBe('"')
  })

  test.for([
    ['kattila-psk=secret'],
    ['"kattila-psk=secret"'],
    ['kattila-psk="secret"'],
    ['kattila-', 'psk=secret'],
  ])('is without its prefix: %s %s', (...[chunks]) => {
    expect(parse(['v=spf1 -all'], [...chunks], ['other=1'])).toBe('secret')
  })

  test('the prefixed record is preferred wherever it stands', () => {
    expect(parse(['kattila-psk=secret'], ['plain'])).toBe('secret')
    expect(parse(['plain'], ['kattila-psk=secret'])).toBe('secret')
  })

  test('is undecidable among several of a kind', () => {
    expect(parse(['one'], ['two'])).toContain('2 TXT records')
    expect(parse(['kattila-psk=one'], ['x'], ['kattila-psk=two'])).toContain('2 TXT records')
  })

  test('is not there without a record', () => {
    expect(parse()).toBe('it has no TXT record')
  })

  test('keeps every byte, as latin-1 hands it over', () => {
    const bytes = Buffer.from('pähkinä 😀 \u0000 end')
    expect(parse([bytes.toString('latin1')])).toBe(bytes.toString('utf8'))
  })
})
