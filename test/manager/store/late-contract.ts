import { describe, expect, test } from 'vitest'
import type { Store } from '../../../src/manager/store/port.js'
import { createMember, NOW } from '../fleet.js'
import { appendTo, candidateOf, lookAt } from './candidates.js'
import type { StorePlace } from './contract.js'

const hel = createMember(1)
const sto = createMember(2)
const HOUR_MS = 3_600_000

/** Measured an hour before it was signed. */
const late = (tick: number, change: object = {}) =>
  candidateOf(hel, { tick, timestamp: NOW, collectedAt: NOW - HOUR_MS, ...change })
/** Signed as soon as it was measured. */
const live = (tick: number, at: number, change: object = {}) =>
  candidateOf(hel, { tick, timestamp: at, collectedAt: at - 20, ...change })

/** What a store does with reports that waited at their agent. */
export function describeLateReports(name: string, makePlace: () => StorePlace): void {
  const ticksOf = async (store: Store) => (await store.readUninferred(99)).map(({ report }) => report.tick)

  describe(`${name}: a late report`, () => {
    test('is filed', async () => {
      const store = await makePlace().open()
      expect(
        await appendTo(store, live(1, NOW), late(2), late(3, { collectedAt: NOW - HOUR_MS + 1 })),
      ).toEqual(['accepted', 'accepted', 'accepted'])
      expect(await ticksOf(store)).toEqual([1, 2, 3])
    })

    test('whose moment is filed already is accepted, and not filed again, over a restart too', async () => {
      const place = makePlace()
      const store = await place.open()
      expect(await appendTo(store, late(2), late(3))).toEqual(['accepted', 'accepted'])
      await store.close()
      const again = await place.open()
      expect(await appendTo(again, late(4, { timestamp: NOW + 9 }))).toEqual(['accepted'])
      expect(await ticksOf(again)).toEqual([2])
    })

    test('that is not filed again leaves its tick and its nonce all the same', async () => {
      const store = await makePlace().open()
      const second = late(3)
      await appendTo(store, late(2), second)
      expect(await lookAt(store, hel, ({ lastTick }) => lastTick)).toBe(3)
      expect(
        await appendTo(
          store,
          second,
          late(4, { nonce: second.authentic.content.nonce }),
          late(3, { nonce: 'x' }),
        ),
      ).toEqual(['duplicate', 'replayed', 'stale_tick'])
    })

    test('is the same moment as a live one whose answer was lost', async () => {
      const store = await makePlace().open()
      const moment = { collectedAt: NOW - 20 }
      await appendTo(store, live(1, NOW))
      await appendTo(store, live(2, NOW + 31_000, moment), live(3, NOW + HOUR_MS, moment))
      expect(await ticksOf(store)).toEqual([1])
    })

    test('of another boot or another agent is another moment', async () => {
      const store = await makePlace().open()
      const moment = { timestamp: NOW, collectedAt: NOW - HOUR_MS }
      await appendTo(store, late(2), late(3, { bootId: 'b002' }), candidateOf(sto, { tick: 4, ...moment }))
      expect(await ticksOf(store)).toEqual([2, 3, 4])
    })

    test('is filed anew after a reset of its agent', async () => {
      const store = await makePlace().open()
      await appendTo(store, late(2))
      await store.reset(hel.agentId, { at: NOW, actor: 'a test', act: 'reset', subject: hel.agentId })
      await appendTo(store, late(3))
      expect(await ticksOf(store)).toEqual([3])
    })
  })

  test(`${name}: a live report is filed even when its clock shows a moment that is filed already`, async () => {
    const store = await makePlace().open()
    await appendTo(store, live(1, NOW), live(2, NOW), live(3, NOW + 5000, { collectedAt: NOW - 20 }))
    expect(await ticksOf(store)).toEqual([1, 2, 3])
  })
}
