import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../../src/manager/store/port.js'
import { createMember, NOW, nonceOf } from '../fleet.js'
import { appendTo, candidateOf, lookAt } from './candidates.js'
import type { StorePlace } from './contract.js'

const LAST = 120
const WINDOW_MS = 20 * 60_000
const members = [createMember(1), createMember(2)] as const

/** One report that an agent sent and the store accepted. */
type Sent = { readonly nonce: string; readonly hmac: string; readonly tick: number; readonly at: number }

/** The replay rule as the protocol says it (section 3), with a memory that never ends. */
type Model = { accepted: Sent[]; allowed: number }
const mustRemember = ({ accepted }: Model, now: number) =>
  accepted.filter(({ at }, i) => accepted.length - i <= LAST || now - at < WINDOW_MS)

type Step =
  /** A burst of good reports, with the time between two of them. */
  | { readonly kind: 'reports'; readonly agent: 0 | 1; readonly count: number; readonly gapMs: number }
  /** An old report again (the same envelope or the same nonce in another one), by its place from the newest. */
  | { readonly kind: 'again'; readonly agent: 0 | 1; readonly back: number; readonly isAltered: boolean }
  | { readonly kind: 'restart' }

const agent = fc.constantFrom<(0 | 1)[]>(0, 1)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('reports' as const),
      agent,
      count: fc.integer({ min: 1, max: 70 }),
      gapMs: fc.constantFrom(0, 1, 9_000, 10_001, 30_000, 600_000),
    }),
    fc.record({
      kind: fc.constant('again' as const),
      agent,
      back: fc.oneof(fc.nat(300), fc.integer({ min: LAST - 3, max: LAST + 3 })),
      isAltered: fc.boolean(),
    }),
    fc.constant({ kind: 'restart' as const }),
  ),
  { minLength: 3, maxLength: 12 },
)

/** The replay memory of a store against a reference model, over random histories. */
export function describeReplayMemory(name: string, makePlace: () => StorePlace): void {
  describe(`${name}: the replay memory`, () => {
    test('never forgets too early, keeps agents apart, survives restarts, and stays bounded', async () => {
      await fc.assert(
        fc.asyncProperty(steps, (history) => play(history, makePlace())),
        { numRuns: 40 },
      )
    })

    test('holds the last 120 nonces however old, and forgets the one before them', async () => {
      const store = await makePlace().open()
      const sent = [...Array(LAST + 1).keys()].map((tick) =>
        candidateOf(members[0], { tick }, { receivedAt: NOW + tick * WINDOW_MS }),
      )
      expect(new Set(await appendTo(store, ...sent))).toEqual(new Set(['accepted']))
      const [first, second] = sent
      if (!first || !second) throw new Error('none was sent')
      expect(await appendTo(store, second, first)).toEqual(['duplicate', 'stale_tick'])
    })

    test('shrinks to the last 120 again after a burst', async () => {
      const store = await makePlace().open()
      const burst = [...Array(200).keys()].map((tick) => candidateOf(members[0], { tick }))
      const slow = [...Array(200).keys()].map((i) =>
        candidateOf(members[0], { tick: 200 + i }, { receivedAt: NOW + (i + 1) * WINDOW_MS }),
      )
      await appendTo(store, ...burst, ...slow)
      const remembered = await lookAt(store, members[0], ({ hmacOf }) =>
        [...burst, ...slow].filter(({ authentic }) => hmacOf(authentic.content.nonce) !== undefined),
      )
      expect(remembered).toEqual(slow.slice(-LAST))
    })

    test('holds a nonce for 20 minutes however many came after it', async () => {
      const store = await makePlace().open()
      const sent = [...Array(300).keys()].map((tick) => candidateOf(members[0], { tick }))
      await appendTo(store, ...sent)
      const young = candidateOf(members[0], { tick: 300 }, { receivedAt: NOW + WINDOW_MS - 1 })
      await appendTo(store, young)
      expect(new Set(await appendTo(store, ...sent))).toEqual(new Set(['duplicate']))
    })
  })
}

async function play(history: readonly Step[], place: StorePlace): Promise<void> {
  let store = await place.open()
  let now = NOW
  const models = members.map((): Model => ({ accepted: [], allowed: 0 }))
  for (const step of history) {
    if (step.kind === 'restart') {
      await store.close()
      store = await place.open()
    } else if (step.kind === 'reports') {
      await playReports(store, step, at(models, step.agent), now)
      now += step.count * step.gapMs
    } else {
      await playAgain(store, step, at(models, step.agent), now)
    }
  }
  for (const [i, model] of models.entries()) {
    const remembered = await lookAt(store, at(members, i), ({ hmacOf }) =>
      model.accepted.filter(({ nonce, hmac }) => hmacOf(nonce) === hmac),
    )
    const lastAt = model.accepted.at(-1)?.at ?? now
    expect(remembered).toEqual(expect.arrayContaining(mustRemember(model, lastAt)))
    expect(remembered.length).toBeLessThanOrEqual(model.allowed)
  }
  await store.close()
}

async function playReports(store: Store, step: Step & { kind: 'reports' }, model: Model, now: number) {
  const burst = [...Array(step.count).keys()].map((i) => {
    const tick = (model.accepted.at(-1)?.tick ?? -1) + 1 + i
    const nonce = nonceOf(`${step.agent} ${tick}`)
    return candidateOf(at(members, step.agent), { tick, nonce }, { receivedAt: now + i * step.gapMs })
  })
  expect(new Set(await appendTo(store, ...burst))).toEqual(new Set(['accepted']))
  for (const { authentic, receivedAt } of burst) {
    const { nonce, tick } = authentic.content
    model.accepted.push({ nonce, tick, hmac: authentic.envelope.hmac, at: receivedAt })
    // Two are forgotten at most with each report, so that what a burst left behind goes one at a time.
    model.allowed = Math.max(mustRemember(model, receivedAt).length, model.allowed - 1)
  }
}

async function playAgain(store: Store, step: Step & { kind: 'again' }, model: Model, now: number) {
  const old = model.accepted.at(-1 - step.back)
  if (!old || !mustRemember(model, now).includes(old)) return
  const change = step.isAltered ? { hmac: 'f'.repeat(64) } : {}
  const again = candidateOf(
    at(members, step.agent),
    { tick: old.tick, nonce: old.nonce },
    { receivedAt: now, ...change },
  )
  expect(await appendTo(store, again)).toEqual([step.isAltered ? 'replayed' : 'duplicate'])
}

function at<T>(list: readonly T[], i: number): T {
  const found = list[i]
  if (found === undefined) throw new Error(`there is no number ${i}`)
  return found
}
