import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeReplay, mayForgetNonce } from '../../../src/core/protocol/replay.js'

type Sent = { nonce: string; hmac: string; tick: number }

describe('against a reference that forgets nothing it must remember', () => {
  type Kept = Sent & { at: number }
  const step = fc.record({
    // Few nonces, MACs and ticks, so that they meet; long waits, so that nonces age.
    nonce: fc.integer({ min: 0, max: 12 }).map((n) => `nonce ${n}`),
    hmac: fc.constantFrom('mac a', 'mac b'),
    tick: fc.nat(40),
    waitMs: fc.oneof(fc.nat(30_000), fc.nat(30 * 60_000)),
    burst: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(150) }),
  })

  test('every verdict of a random sequence agrees', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0
        let lastTick = -1
        let remembered: Kept[] = []
        const history: Kept[] = []
        const offer = (sent: Sent) => {
          const known = remembered.find((kept) => kept.nonce === sent.nonce)
          const verdict = judgeReplay({ lastTick, hmacOf: () => known?.hmac }, sent)
          expect(verdict).toBe(expected(history, lastTick, sent))
          if (verdict !== 'new') return
          lastTick = sent.tick
          history.push({ ...sent, at: now })
          remembered.push({ ...sent, at: now })
          remembered = remembered.filter(({ at }, i) => !mayForgetNonce(remembered.length - 1 - i, now - at))
        }
        for (const { waitMs, burst, ...sent } of steps) {
          now += waitMs
          offer({ ...sent, tick: lastTick + sent.tick - 5 })
          for (let i = 0; i < burst; i++)
            offer({ nonce: `filler ${now} ${i}`, hmac: 'mac', tick: lastTick + 1 })
        }
      }),
      { numRuns: 200 },
    )
  })

  /** A nonce counts as used while it is among the last 120 accepted ones or was young when the last one came. */
  function expected(history: readonly Kept[], lastTick: number, sent: Sent) {
    const lastAt = history.at(-1)?.at ?? 0
    const recent = history.filter(({ at }, i) => history.length - i <= 120 || lastAt - at < 20 * 60_000)
    const same = recent.find(({ nonce }) => nonce === sent.nonce)
    if (same) return same.hmac === sent.hmac ? 'duplicate' : 'replayed'
    return sent.tick > lastTick ? 'new' : 'stale_tick'
  }
})

test.for([
  { known: undefined, tick: 6, verdict: 'new' },
  { known: undefined, tick: 5, verdict: 'stale_tick' },
  { known: undefined, tick: 0, verdict: 'stale_tick' },
  { known: 'mac', tick: 5, verdict: 'duplicate' },
  { known: 'mac', tick: 6, verdict: 'duplicate' },
  { known: 'other', tick: 6, verdict: 'replayed' },
  { known: 'other', tick: 5, verdict: 'replayed' },
])('after tick 5, tick $tick with a nonce whose MAC is $known is $verdict', ({ known, tick, verdict }) => {
  expect(judgeReplay({ lastTick: 5, hmacOf: () => known }, { nonce: 'n', hmac: 'mac', tick })).toBe(verdict)
})

test('tick 0 is new before any other', () => {
  expect(judgeReplay({ lastTick: -1, hmacOf: () => undefined }, { nonce: 'n', hmac: 'm', tick: 0 })).toBe(
    'new',
  )
})

test('a nonce is forgotten only when 120 newer ones came and 20 minutes passed', () => {
  expect(mayForgetNonce(120, 1_200_000)).toBe(true)
  expect(mayForgetNonce(119, 1_200_000)).toBe(false)
  expect(mayForgetNonce(120, 1_199_999)).toBe(false)
})
