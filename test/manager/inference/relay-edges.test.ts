import { describe, expect, test } from 'vitest'
import { inferChanges } from '../../../src/manager/inference/infer.js'
import { inferRelayEdges } from '../../../src/manager/inference/relay-edges.js'
import { hel, pathOf, relayed, sto } from '../api/exchange.js'
import { envelopeOf, type Member, NOW, reportOf } from '../fleet.js'
import { openRig, type Rig, TOKEN } from '../rig.js'

const stored = (relayPath: string[], change = {}) => ({
  ...{ seq: 7, receivedAt: NOW, relayPath },
  report: reportOf(hel, { timestamp: NOW, collectedAt: NOW, ...change }),
})
const send = async (rig: Rig, member: Member, path: readonly string[], change = {}) => {
  const report = reportOf(member, { timestamp: rig.clock.now(), collectedAt: rig.clock.now(), ...change })
  const { body, headers } = relayed(envelopeOf(member, report), path, rig.clock.now())
  expect((await rig.send(body, headers)).json.status).toBe('ok')
  await rig.inference.idle()
}
const edgesOf = (rig: Rig) =>
  (rig.content().topology_edges ?? []).map(({ from_node, to_node }) => `${from_node} ${to_node}`).toSorted()
const reset = (rig: Rig, body: object) =>
  rig.ask('/status/admin/reset', {
    ...{ method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${TOKEN}` } },
  })
const [r1 = '', r2 = '', r3 = ''] = pathOf(3)

describe('the edges that a report shows', () => {
  test('are none when it came directly', () => {
    expect(inferRelayEdges(stored([]))).toEqual([])
  })

  test('lead from its origin over each relay to the manager, with the report as evidence', () => {
    expect(inferRelayEdges(stored([r1, r2, r3], { tick: 9 }))).toEqual(
      [
        [hel.agentId, r1],
        [r1, r2],
        [r2, r3],
        [r3, 'manager'],
      ].map(([from, to]) => ({
        kind: 'edge',
        facts: { layer: 'relay', from, to, seenAt: NOW, evidence: { origin: hel.agentId, tick: 9 } },
      })),
    )
  })

  test('are shown by a late report too, which changes nothing else', () => {
    const late = stored([r1], { collectedAt: NOW - 3_600_000 })
    const changes = inferChanges(late, { measuredAt: NOW, interfaces: new Map() })
    expect(changes.map(({ kind }) => kind)).toEqual(['edge', 'edge'])
  })
})

describe('the edges in the database', () => {
  test('know when they were first and last seen, and the newest report that showed them', async () => {
    const rig = await openRig()
    await send(rig, hel, [r1])
    rig.clock.advance(30_000)
    await send(rig, sto, [r1], { tick: 5 })
    const edges = rig.content().topology_edges ?? []
    expect(edges).toHaveLength(3)
    expect(edges.find((edge) => edge.to_node === 'manager')).toEqual({
      ...{
        layer: 'relay',
        from_node: r1,
        to_node: 'manager',
        first_seen_at: NOW,
        last_seen_at: NOW + 30_000,
      },
      evidence: JSON.stringify({ origin: sto.agentId, tick: 5 }),
    })
    expect(edges.find((edge) => edge.from_node === hel.agentId)).toMatchObject({ last_seen_at: NOW })
  })

  test('were not last seen earlier when the manager’s clock is set back', async () => {
    const rig = await openRig()
    await send(rig, hel, [r1])
    rig.clock.advance(-60_000)
    await send(rig, hel, [r1], { tick: 2 })
    expect(rig.content().topology_edges).toMatchObject([{ last_seen_at: NOW }, { last_seen_at: NOW }])
  })

  test('go with their agent when it is reset, and all with the fleet', async () => {
    const rig = await openRig()
    await send(rig, hel, [sto.agentId, r1])
    await send(rig, sto, [r2])
    await reset(rig, { agent_id: sto.agentId })
    expect(edgesOf(rig)).toEqual([`${r1} manager`, `${r2} manager`].toSorted())
    await reset(rig, { fleet: true })
    expect(edgesOf(rig)).toEqual([])
  })

  test('of an agent that was reset while its report was looked at are not kept', async () => {
    const rig = await openRig({
      wrap: (store) => ({
        ...store,
        commitInference: async (...args) => {
          await store.reset(hel.agentId, { at: NOW, actor: 'a test', act: 'reset', subject: hel.agentId })
          return store.commitInference(...args)
        },
      }),
    })
    await send(rig, hel, [r1])
    expect(edgesOf(rig)).toEqual([])
    expect(rig.logged).toEqual([])
  })

  test('of one report are as many as its path has steps, however many are known', async () => {
    const counts: number[] = []
    const rig = await openRig({
      wrap: (store) => ({
        ...store,
        commitInference: async (changes, throughSeq) => {
          counts.push(changes.filter(({ kind }) => kind === 'edge').length)
          return store.commitInference(changes, throughSeq)
        },
      }),
    })
    for (const [tick, path] of [[r1], [r2, r1], [], [r3, r2, r1]].entries())
      await send(rig, hel, path, { tick })
    expect(counts).toEqual([2, 3, 0, 4])
  })
})
