import { constants, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createMember, envelopeOf, NOW, reportOf } from '../fleet.js'
import { type Body, openRig } from '../rig.js'

const MIB = 1_048_576
const hel = createMember(1)
const envelope = () => JSON.stringify(envelopeOf(hel, reportOf(hel)))
/** A whole envelope of exactly this many bytes: JSON may end with any white space. */
const paddedTo = (bytes: number) => envelope().padEnd(bytes, ' ')
const gzip = { 'content-encoding': 'gzip' }

function streamOf(text: string, chunkBytes: number): ReadableStream {
  const bytes = Buffer.from(text)
  let at = 0
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + chunkBytes)))
      at += chunkBytes
    },
  })
}
const packed = (text: string | Uint8Array) => new Uint8Array(gzipSync(text))

type Headers = Readonly<Record<string, string>>
const TAKEN: readonly (readonly [string, () => Body, Headers])[] = [
  ['in gzip', () => packed(envelope()), gzip],
  [
    'in gzip of several members',
    () => new Uint8Array([...packed(envelope().slice(0, 9)), ...packed(envelope().slice(9))]),
    gzip,
  ],
  ['with the encoding in capitals', () => packed(envelope()), { 'content-encoding': 'GZIP' }],
  ['with the encoding identity', envelope, { 'content-encoding': 'identity' }],
  ['with any content type', envelope, { 'content-type': 'text/plain' }],
  ['of exactly 1 MiB', () => paddedTo(MIB), {}],
  ['of exactly 1 MiB after decompression', () => packed(paddedTo(MIB)), gzip],
  ['in chunks without a length', () => streamOf(envelope(), 100), {}],
  ['in chunks of exactly 1 MiB together', () => streamOf(paddedTo(MIB), 65_536), {}],
]

describe('a report is taken', () => {
  test.each(TAKEN)('%s', async (_, body, headers) => {
    const rig = await openRig()
    expect((await rig.send(body(), headers)).json).toMatchObject({ status: 'ok' })
  })
})

const bomb = () => packed(new Uint8Array(64 * MIB))
const truncated = () => packed(envelope()).slice(0, -20)
const wrongSum = () => packed(envelope()).map((byte, i, all) => (i === all.length - 5 ? byte ^ 1 : byte))
const REFUSED: readonly (readonly [string, () => Body, Headers, number, string])[] = [
  ['1 MiB and one byte', () => paddedTo(MIB + 1), {}, 413, 'too_large'],
  ['1 MiB and one byte after decompression', () => packed(paddedTo(MIB + 1)), gzip, 413, 'too_large'],
  ['a gzip bomb of 64 MiB', bomb, gzip, 413, 'too_large'],
  [
    'more than 1 MiB of gzip',
    () =>
      packed(
        Buffer.concat([
          crypto.getRandomValues(new Uint8Array(65_536)),
          ...Array(20).fill(crypto.getRandomValues(new Uint8Array(65_536))),
        ]),
      ),
    gzip,
    413,
    'too_large',
  ],
  [
    '1 MiB and one byte in chunks without a length',
    () => streamOf(paddedTo(MIB + 1), 65_536),
    {},
    413,
    'too_large',
  ],
  ['gzip that ends too early', truncated, gzip, 400, 'malformed'],
  ['gzip with a wrong checksum', wrongSum, gzip, 400, 'malformed'],
  ['no gzip though it says so', envelope, gzip, 400, 'malformed'],
  ['nothing, though it says gzip', () => '', gzip, 400, 'malformed'],
  ['gzip that does not say so', () => packed(envelope()), {}, 400, 'malformed'],
  ['brotli', envelope, { 'content-encoding': 'br' }, 415, 'unsupported_encoding'],
  ['deflate', envelope, { 'content-encoding': 'deflate' }, 415, 'unsupported_encoding'],
  [
    'gzip twice',
    () => packed(packed(envelope())),
    { 'content-encoding': 'gzip, gzip' },
    415,
    'unsupported_encoding',
  ],
]

describe('a body is refused without a mac and changes nothing', () => {
  test.each(REFUSED)('of %s', async (_, body, headers, status, code) => {
    const rig = await openRig()
    const before = rig.content()
    const answer = await rig.send(body(), headers)
    expect(answer.status).toBe(status)
    expect(answer.json).toEqual({ error: { code, message: expect.any(String) }, server_time: NOW })
    expect(rig.content()).toEqual(before)
  })

  test('a stream that never ends is cut off after 1 MiB', async () => {
    const rig = await openRig()
    let given = 0
    let isCancelled = false
    const endless = new ReadableStream({
      pull: (controller) => {
        given += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
      cancel: () => {
        isCancelled = true
      },
    })
    expect((await rig.send(endless)).status).toBe(413)
    expect(isCancelled).toBe(true)
    expect(given).toBeLessThan(2 * MIB)
  })

  test('a gzip bomb is not unpacked beyond 1 MiB', async () => {
    const rig = await openRig()
    // 1 GiB of zeros in 1 MiB of gzip: unpacked whole, it would take seconds and a gigabyte.
    const member = gzipSync(new Uint8Array(64 * MIB), { level: constants.Z_BEST_COMPRESSION })
    const body = new Uint8Array(Buffer.concat(Array(16).fill(member)))
    const usedBefore = process.memoryUsage.rss()
    expect((await rig.send(body, gzip)).json.error.code).toBe('too_large')
    expect(process.memoryUsage.rss() - usedBefore).toBeLessThan(256 * MIB)
  })
})
