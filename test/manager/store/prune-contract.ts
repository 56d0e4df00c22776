import { describe, expect, test } from 'vitest'
import { inferChanges } from '../../../src/manager/inference/infer.js'
import type { Store } from '../../../src/manager/store/port.js'
import { createMember, NOW } from '../fleet.js'
import { appendTo, candidateOf } from './candidates.js'
import type { StorePlace } from './contract.js'
import { inferAll } from './infer-all.js'

const hel = createMember(1)
const _sto = createMember(2)
const _act = { at: NOW, actor: 'a test', act: 'test', subject: 'x' }
const _registrant = { agentId: hel.agentId, publicKey: 'key-1', newStatus: 'active', at: NOW } as const

/** What a store lets go of. */
export function describePruning(name: string, makePlace: () => StorePlace): void {
  const openStore = () => makePlace().open()

  describe(`${name}: pruning`, () => {
    const roomy = Number.MAX_SAFE_INTEGER
    const ticksLeft = async (store: Store, upTo: number) => {
      const found = await Promise.all([...Array(upTo).keys()].map((seq) => store.findReport(seq + 1)))
      return found.flatMap((stored) => (stored ? [stored.report.tick] : []))
    }
    const filled = async () => {
      const store = await openStore()
      const candidates = [...Array(10).keys()].map((tick) =>
        candidateOf(hel, { tick }, { receivedAt: NOW + tick }),
      )
      await appendTo(store, ...candidates)
      await inferAll(store)
      return store
    }

    test('removes what is older, oldest first, at most a slice at a time, until nothing is left to do', async () => {
      const store = await filled()
      expect(await store.prune(NOW + 5, roomy, 3)).toBe(3)
      expect(await ticksLeft(store, 20)).toEqual([3, 4, 5, 6, 7, 8, 9])
      expect(await store.prune(NOW + 5, roomy, 3)).toBe(2)
      expect(await store.prune(NOW + 5, roomy, 3)).toBe(0)
      expect(await ticksLeft(store, 20)).toEqual([5, 6, 7, 8, 9])
    })

    test('never removes the report that an agent’s facts come from', async () => {
      const store = await filled()
      expect(await store.prune(NOW + 1000, roomy, 100)).toBe(9)
      expect(await ticksLeft(store, 20)).toEqual([9])
    })

    test('over the size bound removes the oldest, however young', async () => {
      const store = await filled()
      expect(await store.prune(0, 1, 4)).toBe(4)
      expect(await ticksLeft(store, 20)).toEqual([4, 5, 6, 7, 8, 9])
      expect(await store.prune(0, 1, 100)).toBe(5)
      expect(await store.prune(0, 1, 100)).toBe(0)
    })

    test('leaves what inference has not seen', async () => {
      const store = await openStore()
      await appendTo(store, candidateOf(hel), candidateOf(hel, { tick: 2 }))
      expect(await store.prune(NOW + 1000, 1, 100)).toBe(0)
    })

    test('keeps the report that facts come from when late ones were appended after it', async () => {
      const store = await openStore()
      const waited = { timestamp: NOW, collectedAt: NOW - 3_600_000 }
      await appendTo(store, candidateOf(hel), candidateOf(hel, { tick: 2, ...waited }))
      const [first, second] = await store.readUninferred(2)
      await store.commitInference(first ? inferChanges(first, undefined) : [], second?.seq ?? 0)
      await store.prune(NOW + 1000, roomy, 100)
      expect((await store.findReport(first?.seq ?? 0))?.report.tick).toBe(1)
    })

    test('takes nothing from the replay memory', async () => {
      const store = await filled()
      await store.prune(NOW + 1000, 1, 100)
      expect(await appendTo(store, candidateOf(hel, { tick: 0 }))).toEqual(['duplicate'])
    })
  })
}
