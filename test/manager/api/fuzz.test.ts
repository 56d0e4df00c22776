import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REFUSAL_STATUS } from '../../../src/core/protocol/answer.js'
import { encodeReport } from '../../../src/core/protocol/report.js'
import { createMember, envelopeAround, envelopeOf, registrationOf, reportOf } from '../fleet.js'
import { type Answer, openRig } from '../rig.js'

const hel = createMember(1)
const CODES: Readonly<Record<string, number>> = REFUSAL_STATUS
const paths = fc.constantFrom('/status/updates', '/status/register')
const headers = fc.option(
  fc.record(
    {
      'content-encoding': fc.constantFrom('gzip', 'identity', 'br', ''),
      'kattila-hop': fc.stringMatching(/^[ -~]*$/),
      'content-length': fc.constantFrom('-1', 'x', '1e99', '10'),
    },
    { requiredKeys: [] },
  ),
  { nil: {} },
)

function expectAnswer({ status, json, headers: given }: Answer) {
  expect(given.get('content-type')).toMatch(/^application\/json/)
  expect(json.server_time).toEqual(expect.any(Number))
  if (status === 200) return
  expect(CODES[json.error.code]).toBe(status)
  expect(json.error.code).not.toBe('unavailable')
}

/** Any JSON, with the names and values that the checks look for among them. */
const anyJson = fc.jsonValue({ maxDepth: 4 })
const envelopes = fc.record(
  {
    v: fc.oneof(fc.constant(1), anyJson),
    type: fc.oneof(fc.constantFrom('report', 'register'), anyJson),
    agent_id: fc.oneof(fc.constantFrom(hel.agentId, null), anyJson),
    data: fc.oneof(
      fc.constant(encodeReport(reportOf(hel))),
      fc.json(),
      fc.string({ unit: 'binary' }),
      anyJson,
    ),
    hmac: fc.oneof(fc.stringMatching(/^[0-9a-f]{64}$/), anyJson),
    sig: fc.oneof(fc.base64String(), anyJson),
    relay_path: fc.oneof(fc.constant([]), fc.constant([hel.agentId]), anyJson),
  },
  { requiredKeys: [] },
)

/** The data of a report with some fields replaced by anything. */
const fields = Object.keys(JSON.parse(encodeReport(reportOf(hel))))
const brokenData = fc.dictionary(
  fc.constantFrom(...fields, 'system', 'routes', '__proto__', 'constructor'),
  anyJson,
  { minKeys: 1, maxKeys: 3 },
)

describe('whatever comes, the answer is one of the protocol’s table, and never a 500', () => {
  test('any bytes', async () => {
    const rig = await openRig()
    await fc.assert(
      fc.asyncProperty(paths, headers, fc.uint8Array({ maxLength: 200 }), async (path, given, bytes) =>
        expectAnswer(await rig.send(Uint8Array.from(bytes), given, path)),
      ),
      { numRuns: 500 },
    )
    expect(rig.logged).toEqual([])
  })

  test('any JSON that looks like an envelope', async () => {
    const rig = await openRig()
    await fc.assert(
      fc.asyncProperty(paths, headers, envelopes, async (path, given, envelope) =>
        expectAnswer(await rig.send(envelope, given, path)),
      ),
      { numRuns: 1000 },
    )
    expect(rig.logged).toEqual([])
    expect(rig.content().reports).toEqual([])
  })

  test('any data under a right MAC, down to what is inferred from it', async () => {
    const rig = await openRig()
    let tick = 0
    await fc.assert(
      fc.asyncProperty(brokenData, async (change) => {
        tick++
        const report = JSON.parse(encodeReport(reportOf(hel, { tick })))
        const data = JSON.stringify({ ...report, ...change })
        expectAnswer(await rig.send(envelopeAround(hel, data)))
        expectAnswer(await rig.send({ ...registrationOf(hel, change) }, {}, '/status/register'))
      }),
      { numRuns: 1000 },
    )
    await rig.inference.idle()
    expect(rig.logged).toEqual([])
  })

  test('any hop header', async () => {
    const rig = await openRig()
    const relayed = envelopeOf(hel, reportOf(hel), { relay_path: [createMember(2).agentId] })
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^(v=1; ?)?(agent=[0-9a-f]*; ?)?(at=\d*; ?)?(mac=[0-9a-f]*)?$/),
        async (hop) => {
          const { json } = await rig.send(relayed, { 'Kattila-Hop': hop })
          expect(json.error.code).toBe('bad_hop')
        },
      ),
    )
  })
})

/** Where the leaves of a JSON value are, e.g. `['interfaces', '0', 'mtu']`. */
const leavesOf = (value: unknown, path: string[] = []): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]))
    : [path]

function replaceLeaf(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by
  if (Array.isArray(value))
    return value.map((inner, i) => (String(i) === name ? replaceLeaf(inner, rest, by) : inner))
  return Object.fromEntries(
    Object.entries(value as object).map(([key, inner]) => [
      key,
      key === name ? replaceLeaf(inner, rest, by) : inner,
    ]),
  )
}

const EXTREMES = [
  0,
  -1,
  0.5,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 64,
  1e300,
  5e-324,
  '',
  '\0',
  '\ud800',
  '\u202e',
  'x'.repeat(70_000),
  "'; DROP TABLE reports; --",
  null,
  true,
]

test('no extreme value anywhere in a report stalls what is inferred from the next one', async () => {
  const rig = await openRig()
  const whole = JSON.parse(encodeReport(reportOf(hel)))
  let tick = 1
  for (const path of leavesOf(whole).filter(([name]) => !['tick', 'nonce'].includes(name ?? ''))) {
    for (const extreme of EXTREMES) {
      const fresh = JSON.parse(encodeReport(reportOf(hel, { tick: tick++ })))
      expectAnswer(await rig.send(envelopeAround(hel, JSON.stringify(replaceLeaf(fresh, path, extreme)))))
    }
    rig.clock.advance(50)
    expect((await rig.send(envelopeOf(hel, reportOf(hel, { tick })))).json.status).toBe('ok')
    await rig.inference.idle()
    expect(rig.logged, path.join('.')).toEqual([])
    const seq = (await rig.store.findAgent(hel.agentId))?.facts?.reportSeq ?? 0
    expect((await rig.store.findReport(seq))?.report.tick, path.join('.')).toBe(tick++)
  }
})
