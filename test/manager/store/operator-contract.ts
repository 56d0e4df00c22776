import { describe, expect, test } from 'vitest'
import { createMember, NOW } from '../fleet.js'
import { appendTo, candidateOf, lookAt } from './candidates.js'
import type { StorePlace } from './contract.js'
import { inferAll } from './infer-all.js'

const hel = createMember(1)
const sto = createMember(2)
const act = { at: NOW, actor: 'a test', act: 'test', subject: 'x' }
const _registrant = { agentId: hel.agentId, publicKey: 'key-1', newStatus: 'active', at: NOW } as const

/** What operators do to a store. */
export function describeOperators(name: string, makePlace: () => StorePlace): void {
  const openStore = () => makePlace().open()

  describe(`${name}: operators`, () => {
    test('change the status of an agent that is known, and of no other', async () => {
      const place = makePlace()
      const store = await place.open()
      await appendTo(store, candidateOf(hel))
      expect(await store.setStatus(hel.agentId, 'revoked', act)).toBe(true)
      expect(await store.setStatus(sto.agentId, 'revoked', act)).toBe(false)
      await store.close()
      const again = await place.open()
      expect(await lookAt(again, hel, ({ status }) => status)).toBe('revoked')
      expect(await again.findAgent(sto.agentId)).toBeUndefined()
    })

    test.each([hel.agentId, 'fleet'] as const)(
      'reset %s: what was known goes, nonces stay',
      async (subject) => {
        const place = makePlace()
        const store = await place.open()
        const old = candidateOf(hel, { tick: 5 })
        await appendTo(store, old, candidateOf(sto))
        await inferAll(store)
        expect(await store.reset(subject, act)).toBe(subject === 'fleet' ? 2 : 1)
        await store.close()

        const again = await place.open()
        expect(await again.findAgent(hel.agentId)).toBeUndefined()
        expect((await again.loadInterfaces()).filter(({ agentId }) => agentId === hel.agentId)).toEqual([])
        expect((await again.listAgents()).length).toBe(subject === 'fleet' ? 0 : 1)
        const other = candidateOf(hel, { tick: 6, nonce: old.authentic.content.nonce })
        expect(await appendTo(again, old, other, candidateOf(hel, { tick: 1 }))).toEqual([
          'duplicate',
          'replayed',
          'accepted',
        ])
      },
    )

    test('reset an agent that is not known: none is forgotten', async () => {
      const store = await openStore()
      await appendTo(store, candidateOf(hel))
      expect(await store.reset(sto.agentId, act)).toBe(0)
      expect(await store.listAgents()).toHaveLength(1)
    })

    test('reset never gives a place in the order of reports away twice', async () => {
      const store = await openStore()
      await appendTo(store, candidateOf(hel))
      const [before] = await store.readUninferred(1)
      await store.reset('fleet', act)
      await appendTo(store, candidateOf(hel, { tick: 2 }))
      const [after] = await store.readUninferred(1)
      expect(after?.seq).toBeGreaterThan(before?.seq ?? 0)
    })
  })
}
