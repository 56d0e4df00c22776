import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HttpOutcome } from '../../../src/core/node/http.js'
import { AGENT_ID, hopHeader, NOW, PSK, RELAY_A, RELAY_B, seal } from '../../core/sealed-report.js'
import { ANSWER, OWN_ID, openApp, PREVIOUS } from './open-app.js'

const hop = (envelope: ReturnType<typeof seal>) => ({ 'Kattila-Hop': hopHeader(envelope) })
const report = seal()

describe('what is forwarded', () => {
  test('is the envelope as it came, with this agent as the last of its path', async () => {
    for (const path of [[], [RELAY_A], [RELAY_A, RELAY_B]]) {
      const { relay, forwarded } = openApp()
      const sent = seal({ outside: { relay_path: path } })
      expect((await relay(sent, hop(sent))).status).toBe(200)
      expect(forwarded).toEqual([
        { envelope: { ...sent, relay_path: [...path, OWN_ID] }, psk: PSK, budgetMs: 5000 },
      ])
    }
  })

  test('has every byte of its data, however it is written', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constant('{"a" : 1e400, "a":-0,"\\u0061":"\u2028"}'),
    )
    await fc.assert(
      fc.asyncProperty(text, async (data) => {
        const { relay, forwarded } = openApp()
        const sent = seal({ text: data })
        await relay(sent, hop(sent))
        expect(forwarded[0]?.envelope).toMatchObject({ data, hmac: sent.hmac, sig: sent.sig })
      }),
    )
  })

  test('may come zipped, and under a previous key, which then makes the next hop too', async () => {
    const { relay, forwarded } = openApp()
    const sent = seal({ psk: PREVIOUS })
    const zipped = new Uint8Array(gzipSync(JSON.stringify(sent)))
    await relay(zipped, { 'content-encoding': 'gzip', 'Kattila-Hop': hopHeader(sent, { psk: PREVIOUS }) })
    expect(forwarded).toMatchObject([{ envelope: { hmac: sent.hmac }, psk: PREVIOUS }])
  })

  test('has the budget that its sender gave, less the time it was here', async () => {
    const { relay, forwarded } = openApp()
    for (const [given, expected] of [
      ['4850', 4850],
      ['0', 0],
      ['99999', 30_000],
      ['soon', 5000],
    ] as const) {
      await relay(report, { ...hop(report), 'Kattila-Budget-Ms': given })
      expect(forwarded.at(-1)?.budgetMs).toBe(expected)
    }
  })

  test('goes nowhere that the message names', async () => {
    const { relay, forwarded } = openApp()
    const named = {
      manager: 'http://evil',
      url: 'http://evil',
      relay: 'http://evil',
      relays: ['http://evil'],
    }
    await relay(
      { ...report, ...named },
      { ...hop(report), host: 'evil', 'x-forwarded-host': 'evil', forwarded: 'host=evil' },
    )
    expect(JSON.stringify(forwarded)).not.toContain('evil')
    expect(Object.keys(forwarded[0] ?? {}).toSorted()).toEqual(['budgetMs', 'envelope', 'psk'])
  })
})

describe('the manager’s answer', () => {
  test.for<[number, string | undefined]>([
    [200, undefined],
    [401, undefined],
    [409, undefined],
    [422, undefined],
    [429, '17'],
    [503, '300'],
  ])('of status %d is handed back byte for byte, with its Retry-After %s', async ([status, retryAfter]) => {
    const body = '{ "status" :"ok",\n"extra": "\u00e4\u2028",  "mac":"aa" }\n'
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    const { relay } = openApp({ forward: async () => ({ kind: 'answer', status, headers, body }) })
    const answer = await relay(report, hop(report))
    expect([answer.status, answer.text]).toEqual([status, body])
    expect(answer.headers.get('retry-after')).toBe(retryAfter ?? null)
    expect(answer.headers.get('content-type')).toBe('application/json')
  })

  test('brings nothing else with it', async () => {
    const headers = { location: 'http://evil', 'set-cookie': ['a=b'], 'x-evil': 'yes', 'retry-after': '5' }
    const { relay } = openApp({ forward: async () => ({ ...ANSWER, headers }) })
    const answer = await relay(report, hop(report))
    expect([...answer.headers.keys()]).toEqual(['content-type', 'retry-after'])
  })
})

describe('without a way', () => {
  test.for<HttpOutcome | undefined>([undefined, { kind: 'failed', reason: 'timed_out', message: 'silence' }])(
    '(%j) it says so, with a wait and without a proof: it acknowledges nothing by itself',
    async (outcome) => {
      const { relay } = openApp({ forward: async () => outcome })
      const answer = await relay(report, hop(report))
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('5')
      expect(answer.json).toEqual({
        error: { code: 'unavailable', message: 'this relay reaches no manager now' },
        server_time: NOW,
      })
    },
  )
})

describe('what a relay carries at once', () => {
  /** An app whose deliveries end when they are told to. */
  function openSlow() {
    const ends: (() => void)[] = []
    const forward = () => new Promise<HttpOutcome>((resolve) => ends.push(() => resolve(ANSWER)))
    return { ...openApp({ forward }), ends }
  }

  test('is at most 16 reports of one sender; the next is told to wait, and one is taken when one is through', async () => {
    const { relay, ends } = openSlow()
    const running = Array.from({ length: 16 }, () => relay(report, hop(report)))
    while (ends.length < 16) await new Promise((resolve) => setImmediate(resolve))
    const refused = await relay(report, hop(report))
    expect([refused.status, refused.json.error.code]).toEqual([429, 'rate_limited'])
    expect(refused.headers.get('retry-after')).toBe('5')
    const other = seal({ outside: { relay_path: [RELAY_A] } })
    running.push(relay(other, hop(other)))
    ends.shift()?.()
    await running[0]
    running.push(relay(report, hop(report)))
    while (ends.length < 17) await new Promise((resolve) => setImmediate(resolve))
    for (const end of ends) end()
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(running.map(() => 200))
  })

  test('lets go of its place also where delivery breaks, which is told, and answered like everything else', async () => {
    const { relay, lines } = openApp({ forward: () => Promise.reject(new Error('a bug')) })
    for (let i = 0; i < 20; i++) {
      const answer = await relay(report, hop(report))
      expect([answer.status, answer.json]).toEqual([
        503,
        { error: { code: 'unavailable', message: 'the agent could not do this now' }, server_time: NOW },
      ])
    }
    expect(lines[0]).toMatchObject({ level: 'error', fields: { path: '/status/relay', reason: 'a bug' } })
  })

  test('is counted by who sent it here, not by its origin', async () => {
    const { relay, forwarded } = openApp({ gate: countingGate() })
    const sent = seal({ outside: { relay_path: [RELAY_A, RELAY_B] } })
    await relay(sent, hop(sent))
    await relay(report, hop(report))
    expect(forwarded).toHaveLength(2)
    expect(entered).toEqual([RELAY_B, AGENT_ID])
  })
})

const entered: string[] = []
function countingGate() {
  return {
    enter: (sender: string) => {
      entered.push(sender)
      return () => undefined
    },
  }
}
