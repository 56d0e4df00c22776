import { describe, expect, test } from 'vitest'
import { createMember, NOW } from '../fleet.js'
import { appendTo, candidateOf, judgeByReplay, lookAt } from './candidates.js'
import type { StorePlace } from './contract.js'

const hel = createMember(1)
const sto = createMember(2)
const act = { at: NOW, actor: 'a test', act: 'test', subject: 'x' }
const registrant = { agentId: hel.agentId, publicKey: 'key-1', newStatus: 'active', at: NOW } as const

/** Appending and registering. */
export function describeAppending(name: string, makePlace: () => StorePlace): void {
  const openStore = () => makePlace().open()

  describe(`${name}: appending`, () => {
    test('keeps what was accepted, and nothing of what was not', async () => {
      const store = await openStore()
      const first = candidateOf(hel, { tick: 4 })
      expect(await appendTo(store, first, candidateOf(hel, { tick: 3 }), candidateOf(sto), first)).toEqual([
        'accepted',
        'stale_tick',
        'accepted',
        'duplicate',
      ])
      const reports = await store.readUninferred(10)
      expect(reports.map(({ report }) => [report.agentId, report.tick])).toEqual([
        [hel.agentId, 4],
        [sto.agentId, 1],
      ])
      expect(await store.findReport(reports[0]?.seq ?? 0)).toEqual(reports[0])
    })

    test('gives a report back as it was signed', async () => {
      const store = await openStore()
      const candidate = candidateOf(hel, {
        hostname: 'zürich \u{1f9ca}',
        labels: { __proto__x: 'y', 'a_b.c': '' },
      })
      await appendTo(store, candidate)
      const [stored] = await store.readUninferred(1)
      expect(stored).toEqual({
        seq: expect.any(Number),
        receivedAt: NOW,
        relayPath: [],
        report: candidate.authentic.content,
      })
    })

    test('judges each report by what the ones before it in its group left', async () => {
      const store = await openStore()
      const ticks = [1, 2, 2, 3, 1].map((tick, i) =>
        candidateOf(hel, { tick, nonce: `${i}`.padEnd(22, 'n') }),
      )
      expect(await appendTo(store, ...ticks)).toEqual([
        'accepted',
        'accepted',
        'stale_tick',
        'accepted',
        'stale_tick',
      ])
    })

    test('is one transaction: when the judge fails, nothing of the group is kept', async () => {
      const store = await openStore()
      let judged = 0
      const failing = store.append(
        [candidateOf(hel), candidateOf(sto), candidateOf(hel, { tick: 2 })],
        (...args) => {
          if (++judged === 3) throw new Error('a bug')
          return judgeByReplay(...args)
        },
      )
      await expect(failing).rejects.toThrow('a bug')
      expect(await store.listAgents()).toEqual([])
      expect(await store.readUninferred(10)).toEqual([])
      expect(await appendTo(store, candidateOf(hel))).toEqual(['accepted'])
    })

    test('registers an agent, pins its key once, and remembers its tick over a restart', async () => {
      const place = makePlace()
      const store = await place.open()
      await appendTo(store, candidateOf(hel, { publicKey: undefined, tick: 8 }))
      expect(await store.findAgent(hel.agentId)).toMatchObject({ status: 'active', publicKey: null })
      await appendTo(store, candidateOf(hel, { tick: 9 }))
      await store.close()
      const again = await place.open()
      expect(await again.findAgent(hel.agentId)).toEqual({
        ...{ agentId: hel.agentId, status: 'active', publicKey: hel.identity.publicKey },
        ...{ registeredAt: NOW, lastTick: 9, facts: null },
      })
      expect(
        await lookAt(again, hel, ({ status, publicKey, lastTick }) => ({ status, publicKey, lastTick })),
      ).toEqual({ status: 'active', publicKey: hel.identity.publicKey, lastTick: 9 })
    })

    test('of an unknown agent is judged with an empty memory', async () => {
      const store = await openStore()
      expect(await lookAt(store, hel, ({ hmacOf: _, ...rest }) => rest)).toEqual({
        status: 'unknown',
        publicKey: null,
        lastTick: -1,
      })
    })
  })

  describe(`${name}: registering`, () => {
    test('is idempotent, with an id and without', async () => {
      const store = await openStore()
      const first = await store.register(registrant)
      expect(first).toEqual({ kind: 'registered', agentId: hel.agentId, status: 'active' })
      const later = { ...registrant, newStatus: 'pending', at: NOW + 5 } as const
      expect(await store.register(later)).toEqual(first)
      expect(await store.register({ ...later, agentId: null })).toEqual(first)
      expect(await store.listAgents()).toMatchObject([{ registeredAt: NOW, status: 'active' }])
    })

    test('issues another id for each key', async () => {
      const store = await openStore()
      const ids = new Set<string>()
      for (const publicKey of ['a', 'b', 'a', 'c']) {
        const outcome = await store.register({ ...registrant, agentId: null, publicKey })
        if (outcome.kind === 'registered') ids.add(outcome.agentId)
      }
      expect(ids.size).toBe(3)
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
    })

    test('pins the first key, and refuses another one and none from then on', async () => {
      const store = await openStore()
      await store.register({ ...registrant, publicKey: null })
      await store.register(registrant)
      for (const publicKey of ['key-2', null])
        expect(await store.register({ ...registrant, publicKey })).toEqual({ kind: 'other_key' })
      expect(await store.findAgent(hel.agentId)).toMatchObject({ publicKey: 'key-1' })
    })

    test('says when the agent is revoked, and pins nothing then', async () => {
      const store = await openStore()
      await store.register({ ...registrant, publicKey: null })
      await store.setStatus(hel.agentId, 'revoked', act)
      expect(await store.register(registrant)).toMatchObject({ kind: 'registered', status: 'revoked' })
      expect(await store.findAgent(hel.agentId)).toMatchObject({ publicKey: null })
    })
  })
}
