import { describe, expect, test } from 'vitest'
import { readAgent, readAgents } from '../../../src/manager/reading/agents.js'
import type { Store } from '../../../src/manager/store/port.js'
import { hel, pathOf, relayed, relays, sto } from '../api/exchange.js'
import { envelopeOf, type Member, NOW, reportOf } from '../fleet.js'
import { openRig, type Rig } from '../rig.js'

const HOUR_MS = 3_600_000
const send = async (rig: Rig, member: Member, change: object, path: readonly string[] = []) => {
  const now = rig.clock.now()
  const report = reportOf(member, { timestamp: now, collectedAt: now, ...change })
  const { body, headers } = relayed(envelopeOf(member, report), path, now)
  expect((await rig.send(body, headers)).json.status).toBe('ok')
  await rig.inference.idle()
}

/** Notes what is asked of a store. */
function noting(asked: string[]) {
  return (store: Store): Store => ({
    ...store,
    listAgents: () => {
      asked.push('listAgents')
      return store.listAgents()
    },
    findAgent: (id) => {
      asked.push('findAgent')
      return store.findAgent(id)
    },
  })
}

describe('the relays of an agent', () => {
  test('are named, where their names are known, in the order of its path', async () => {
    const asked: string[] = []
    const rig = await openRig({ wrap: noting(asked) })
    const [first, second] = relays
    if (!first || !second) throw new Error('there are relays')
    await send(rig, first, { hostname: 'n2' })
    await send(rig, hel, { hostname: 'hel-1' }, pathOf(3))
    await send(rig, second, { hostname: 'n1' })
    const expected = { relay_path: pathOf(3), relay_names: ['n2', 'n1', null] }
    asked.length = 0
    const listed = await readAgents(rig.store, NOW)
    expect(asked).toEqual(['listAgents'])
    expect(listed.find((agent) => agent.agent_id === hel.agentId)).toMatchObject(expected)
    asked.length = 0
    expect(await readAgent(rig.store, hel.agentId, NOW)).toMatchObject(expected)
    expect(asked).toEqual(Array(4).fill('findAgent'))
  })

  test('are none when it reports directly or never did', async () => {
    const rig = await openRig()
    await send(rig, hel, {})
    await rig.store.register({ agentId: sto.agentId, publicKey: null, newStatus: 'active', at: NOW })
    const listed = await readAgents(rig.store, NOW)
    expect(listed).toHaveLength(2)
    for (const view of listed) expect(view).toMatchObject({ relay_path: [], relay_names: [] })
  })
})

describe('an agent whose manager was away for an hour', () => {
  test('is reporting by its live report, and stays so while its spool arrives', async () => {
    const rig = await openRig()
    await send(rig, hel, { tick: 1, hostname: 'before' })
    rig.clock.advance(HOUR_MS)
    const view = async () => (await readAgents(rig.store, rig.clock.now()))[0]
    expect(await view()).toMatchObject({ reporting: 'silent' })
    await send(rig, hel, { tick: 2, hostname: 'now' })
    const live = await view()
    expect(live).toMatchObject({ reporting: 'reporting', hostname: 'now', received_at: NOW + HOUR_MS })
    rig.clock.advance(500)
    await send(rig, hel, { tick: 3, hostname: 'then', collectedAt: NOW + 30_000 })
    expect(await view()).toEqual({ ...live, tick: 3 })
  })

  test('is not made to look alive by what comes out of its spool alone', async () => {
    const rig = await openRig()
    await send(rig, hel, { tick: 1 })
    rig.clock.advance(HOUR_MS)
    const measured = NOW + HOUR_MS / 2
    await send(rig, hel, { tick: 2, hostname: 'then', collectedAt: measured })
    expect(await readAgents(rig.store, rig.clock.now())).toMatchObject([
      { reporting: 'silent', hostname: 'then', received_at: NOW + HOUR_MS, measured_at: measured },
    ])
  })
})
