import { describe, expect, test } from 'vitest'
import { decodeEnvelope } from '../../../src/core/protocol/envelope.js'
import { UNKNOWN_MEMBER } from '../../../src/core/protocol/verdict.js'
import { verifyReport } from '../../../src/core/protocol/verify.js'
import { bytesOf, NOW, PSK, RELAY_A, type Sealing, seal } from '../sealed-report.js'

function decode(outside: Sealing['outside']) {
  return decodeEnvelope(bytesOf(seal({ ...(outside ? { outside } : {}) })))
}

describe('size', () => {
  const padded = (bytes: number) => {
    const empty = bytesOf(seal({ outside: { padding: '' } })).length
    return bytesOf(seal({ outside: { padding: 'x'.repeat(bytes - empty) } }))
  }

  test('exactly 1 MiB is not too large', () => {
    expect(padded(1_048_576)).toHaveLength(1_048_576)
    expect(decodeEnvelope(padded(1_048_576))).toMatchObject({ kind: 'envelope' })
  })

  test('one byte more is too large', () => {
    expect(decodeEnvelope(padded(1_048_577))).toMatchObject({ check: 'size', code: 'too_large' })
  })
})

describe('an envelope of the wrong shape is malformed', () => {
  test.for([
    ['', 'nothing'],
    ['not json', 'no JSON'],
    ['null', 'null'],
    ['[]', 'an array'],
    ['"text"', 'a string'],
    ['{}', 'an empty object'],
    ['{"v":1', 'a cut object'],
    ['{"__proto__":{"v":1,"type":"report","relay_path":[]}}', 'fields in __proto__ alone'],
  ] as const)('%s: %s', ([text]) => {
    expect(decodeEnvelope(Buffer.from(text))).toMatchObject({ check: 'shape', code: 'malformed' })
  })

  test.for(['v', 'type', 'agent_id', 'data', 'hmac', 'relay_path'])('without %s', (field) => {
    const fault = decode({ [field]: undefined })
    expect(fault).toMatchObject({ check: 'shape', code: 'malformed' })
    expect(fault.kind === 'fault' && fault.message).toContain(field)
  })

  test.for([
    { v: '1' },
    { v: 1.5 },
    { v: null },
    { type: 'hop' },
    { agent_id: 'short' },
    { agent_id: 'A'.repeat(32) },
    { data: { schema: 'kattila.report/1' } },
    { hmac: 'ab' },
    { hmac: 'A'.repeat(64) },
    { hmac: `${'a'.repeat(64)}\n` },
    { sig: 5 },
    { relay_path: RELAY_A },
    { relay_path: ['not an id'] },
    { relay_path: [`${RELAY_A}\n`] },
    { relay_path: null },
  ])('%j', (outside) => {
    expect(decode(outside)).toMatchObject({ check: 'shape', code: 'malformed' })
  })

  test('a report for no agent', () => {
    const verdict = verifyReport(
      bytesOf(seal({ outside: { agent_id: null } })),
      { keys: [PSK], now: NOW, hop: undefined, mayRegister: true },
      () => UNKNOWN_MEMBER,
    )
    expect(verdict).toMatchObject({ check: 'shape', code: 'malformed' })
  })
})

describe('the version comes before the rest of the shape', () => {
  test.for([0, 2, -1, 1e300])('version %s is unsupported', (v) => {
    expect(decode({ v })).toMatchObject({ check: 'shape', code: 'unsupported_version' })
  })

  test('an envelope of version 2 is unsupported even when it looks quite different', () => {
    expect(decodeEnvelope(bytesOf({ v: 2, frames: [] }))).toMatchObject({ code: 'unsupported_version' })
  })
})

describe('text', () => {
  const replace = (from: string, to: string | Buffer) => {
    const text = bytesOf(seal()).toString('latin1')
    expect(text).toContain(from)
    return Buffer.from(text.replace(from, to.toString('latin1')), 'latin1')
  }

  test('bytes that are no UTF-8 are malformed', () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
      expect(decodeEnvelope(replace('hel-1', Buffer.from(bad)))).toMatchObject({ code: 'malformed' })
  })

  test.for(['\\ud800', '\\udc00', '\\udc00\\ud800', 'x\\ud83d'])(
    'a lone surrogate, %s, in data is malformed',
    (lone) => {
      const fault = decodeEnvelope(replace('hel-1', lone))
      expect(fault).toMatchObject({ check: 'shape', code: 'malformed' })
      expect(fault.kind === 'fault' && fault.message).toContain('lone surrogate')
    },
  )

  test('an escaped pair of surrogates is one character', () => {
    expect(decodeEnvelope(replace('hel-1', '\\ud83d\\ude00'))).toMatchObject({ kind: 'envelope' })
  })

  test('a byte order mark before the envelope is ignored (RFC 8259, section 8.1)', () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytesOf(seal())])
    expect(decodeEnvelope(marked)).toMatchObject({ kind: 'envelope' })
  })
})

test('unknown fields are ignored and not passed on', () => {
  const decoded = decode({ trace: 'x', constructor: 1, toString: 2 })
  expect(decoded).toMatchObject({ kind: 'envelope' })
  expect(decoded.kind === 'envelope' && Object.keys(decoded.envelope).toSorted()).toEqual([
    'agent_id',
    'data',
    'hmac',
    'relay_path',
    'sig',
    'type',
    'v',
  ])
})

test('a sig of null is as good as none', () => {
  const decoded = decode({ sig: null })
  expect(decoded.kind === 'envelope' && 'sig' in decoded.envelope).toBe(false)
})

test('__proto__ in an envelope changes no object', () => {
  const text = bytesOf(seal()).toString().replace('{"v"', '{"__proto__":{"polluted":true},"v"')
  expect(decodeEnvelope(Buffer.from(text))).toMatchObject({ kind: 'envelope' })
  expect({}).not.toHaveProperty('polluted')
})
