import { describe, expect, test } from 'vitest'
import { createMember, NOW, reportOf } from '../fleet.js'
import { appendTo, candidateOf } from './candidates.js'
import type { StorePlace } from './contract.js'
import { inferAll } from './infer-all.js'

const hel = createMember(1)
const _sto = createMember(2)
const _act = { at: NOW, actor: 'a test', act: 'test', subject: 'x' }
const _registrant = { agentId: hel.agentId, publicKey: 'key-1', newStatus: 'active', at: NOW } as const

/** What inference keeps in a store. */
export function describeInference(name: string, makePlace: () => StorePlace): void {
  const openStore = () => makePlace().open()

  describe(`${name}: inference`, () => {
    test('reads on from the cursor, in order and as much as asked', async () => {
      const place = makePlace()
      const store = await place.open()
      await appendTo(store, ...[1, 2, 3].map((tick) => candidateOf(hel, { tick })))
      const [first, second] = await store.readUninferred(2)
      expect([first?.report.tick, second?.report.tick]).toEqual([1, 2])
      await store.commitInference([], second?.seq ?? 0)
      await store.close()
      const again = await place.open()
      expect((await again.readUninferred(9)).map(({ report }) => report.tick)).toEqual([3])
    })

    test('keeps facts and interfaces, changes them, and lets go of those that are gone', async () => {
      const place = makePlace()
      const store = await place.open()
      await appendTo(store, candidateOf(hel))
      await inferAll(store)
      const [interfaces, record] = [await store.loadInterfaces(), await store.findAgent(hel.agentId)]
      expect(interfaces.map(({ name: one, addresses }) => [one, addresses])).toEqual([
        ['eth0', ['10.0.0.2/24']],
        ['wg0', ['10.9.0.1/24']],
      ])
      expect(record?.facts).toMatchObject({
        hostname: reportOf(hel).hostname,
        labels: { site: 'hel' },
        relayPath: [],
      })
      const [eth0] = interfaces
      if (!eth0 || !record?.facts) throw new Error('nothing was kept')
      const facts = { ...record.facts, interfaceCount: null, wgPeerCount: 0, intervalS: 0.5 }
      await store.commitInference(
        [
          { kind: 'agent', facts },
          { kind: 'interface', facts: { ...eth0, state: 'down', mtu: null } },
          { kind: 'interface_gone', agentId: hel.agentId, name: 'wg0' },
        ],
        facts.reportSeq,
      )
      await store.close()
      const again = await place.open()
      expect(await again.loadInterfaces()).toEqual([{ ...eth0, state: 'down', mtu: null }])
      expect((await again.findAgent(hel.agentId))?.facts).toEqual(facts)
    })

    test('lists agents by host name', async () => {
      const store = await openStore()
      const names = ['c', 'a', 'b']
      await appendTo(store, ...names.map((hostname, i) => candidateOf(createMember(i), { hostname })))
      await inferAll(store)
      expect((await store.listAgents()).map(({ facts }) => facts?.hostname)).toEqual(['a', 'b', 'c'])
    })
  })
}
