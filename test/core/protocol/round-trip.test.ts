import fc from 'fast-check'
import { expect, test } from 'vitest'
import { signEnvelope } from '../../../src/core/protocol/envelope.js'
import type { Identity } from '../../../src/core/protocol/identity.js'
import { encodeReport, reportSchema, type WireReport } from '../../../src/core/protocol/report.js'
import { UNKNOWN_MEMBER } from '../../../src/core/protocol/verdict.js'
import { verifyReport } from '../../../src/core/protocol/verify.js'
import { fromWire, toWire } from '../../../src/core/protocol/wire-names.js'
import { arbitraryReport } from '../arbitrary-report.js'
import { bytesOf, KEY, NOW, PSK, seal } from '../sealed-report.js'

const IDENTITY: Identity = KEY
const psks = fc.uint8Array({ minLength: 16, maxLength: 80 })

function verify(bytes: Uint8Array, psk: Uint8Array, now: number) {
  return verifyReport(bytes, { keys: [psk], now, hop: undefined, mayRegister: true }, () => UNKNOWN_MEMBER)
}

test('every report that is signed is accepted, and arrives as it was', () => {
  fc.assert(
    fc.property(arbitraryReport, psks, (wire, psk) => {
      const report = fromWire<WireReport>({ ...wire, public_key: IDENTITY.publicKey })
      const envelope = signEnvelope('report', report.agentId, encodeReport(report), psk, IDENTITY)
      const verdict = verify(bytesOf(envelope), psk, report.timestamp)
      expect(verdict).toMatchObject({ kind: 'accepted', pins: IDENTITY.publicKey })
      expect(verdict.kind === 'accepted' && verdict.report).toEqual(report)
    }),
    { numRuns: 300 },
  )
})

test('names go to the wire and back without loss', () => {
  fc.assert(
    fc.property(arbitraryReport, (wire) => {
      expect(toWire<WireReport>(fromWire(wire))).toEqual(wire)
    }),
  )
})

test('no field in memory has an underscore, and none on the wire a capital', () => {
  const namesOf = (value: unknown): string[] =>
    Array.isArray(value)
      ? value.flatMap(namesOf)
      : typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([name, inner]) =>
            name === 'labels' || name === 'details' ? [name] : [name, ...namesOf(inner)],
          )
        : []
  fc.assert(
    fc.property(arbitraryReport, (wire) => {
      expect(namesOf(fromWire(wire)).filter((name) => name.includes('_'))).toEqual([])
      expect(namesOf(toWire(fromWire(wire))).filter((name) => /[A-Z]/.test(name))).toEqual([])
    }),
  )
})

test('the keys of labels and details are foreign, and stay as they are', () => {
  const wire = { labels: { rack_no: 'a', Rack: 'b' }, interfaces: [{ details: { vni_id: { a_b: 1 } } }] }
  expect(fromWire(wire)).toEqual(wire)
  expect(toWire(fromWire(wire))).toEqual(wire)
})

test('every field of the schema is among the arbitrary reports', () => {
  const seen = new Set(fc.sample(arbitraryReport, 200).flatMap((report) => Object.keys(report)))
  expect([...seen].toSorted()).toEqual(Object.keys(reportSchema.shape).toSorted())
})

test('a change of any one byte of data, hmac or sig is refused', () => {
  const envelope = seal()
  const good = bytesOf(envelope)
  const text = good.toString('latin1')
  const spanOf = (field: 'data' | 'hmac' | 'sig') => {
    const value = JSON.stringify(envelope[field]).slice(1, -1)
    const start = text.indexOf(value)
    return Array.from({ length: value.length }, (_, i) => start + i)
  }
  const places = [...spanOf('data'), ...spanOf('hmac'), ...spanOf('sig')]
  expect(verify(good, PSK, NOW)).toMatchObject({ kind: 'accepted' })
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), (place, change) => {
      const altered = Buffer.from(good)
      altered.writeUInt8(altered.readUInt8(place) ^ change, place)
      expect(verify(altered, PSK, NOW)).toMatchObject({ kind: 'refused' })
    }),
    { numRuns: 3000 },
  )
})

test('of all 255 changes of the last digit of sig none is accepted', () => {
  const good = bytesOf(seal())
  const place = good.indexOf(`","relay_path"`) - 1
  for (let change = 1; change < 256; change++) {
    const altered = Buffer.from(good)
    altered.writeUInt8(altered.readUInt8(place) ^ change, place)
    expect(verify(altered, PSK, NOW)).toMatchObject({ kind: 'refused' })
  }
})
