import { describe, expect, test } from 'vitest'
import type { Change } from '../../../src/manager/inference/change.js'
import { openInference } from '../../../src/manager/inference/run.js'
import type { Store } from '../../../src/manager/store/port.js'
import { openSqliteStore } from '../../../src/manager/store/sqlite/store.js'
import { createMember, envelopeOf, type Member, NOW, reportOf } from '../fleet.js'
import { createLog, openRig, type Rig } from '../rig.js'

const hel = createMember(1)
const sto = createMember(2)
const act = { at: NOW, actor: 'a test', act: 'reset', subject: 'fleet' }
const send = async (rig: Rig, member: Member, tick: number, change = {}) => {
  const { json } = await rig.send(envelopeOf(member, reportOf(member, { tick, ...change })))
  expect(json.status).toBe('ok')
}
const interfacesOf = (rig: Rig) =>
  (rig.content().agent_interfaces ?? []).map(({ agent_id, name }) => `${agent_id} ${name}`)

/** A store whose calls by inference are noted; `before` runs ahead of each one and may throw. */
function watched(calls: string[], before: (call: string) => void | Promise<void> = () => undefined) {
  return (store: Store): Store => ({
    ...store,
    readUninferred: async (limit) => {
      calls.push('readUninferred')
      const reports = await store.readUninferred(limit)
      await before('read')
      return reports
    },
    commitInference: async (changes, throughSeq) => {
      await before('commit')
      calls.push(`commit ${changes.map((change: Change) => change.kind).join(' ')}`)
      return store.commitInference(changes, throughSeq)
    },
  })
}

describe('inference', () => {
  test('keeps facts and interfaces of each report in the database, and how far it came', async () => {
    const rig = await openRig()
    await send(rig, hel, 1)
    await send(rig, hel, 2, { interfaces: [], hostname: 'renamed' })
    await send(rig, sto, 1)
    await rig.inference.idle()
    expect(interfacesOf(rig)).toEqual([`${sto.agentId} eth0`, `${sto.agentId} wg0`])
    expect((await rig.store.findAgent(hel.agentId))?.facts).toMatchObject({
      hostname: 'renamed',
      interfaceCount: 0,
    })
    expect(rig.content().inference).toEqual([{ through_seq: 3 }])
  })

  test('goes on after a restart from where it stopped, with what it knew', async () => {
    let isDying = false
    const rig = await openRig({
      wrap: watched([], (call) => {
        if (call === 'commit' && isDying) throw new Error('killed')
      }),
    })
    await send(rig, hel, 1)
    await rig.inference.idle()
    isDying = true
    await send(rig, hel, 2, {
      interfaces: [{ name: 'eth0', kind: 'ethernet', state: 'down', addresses: [] }],
    })
    await rig.inference.idle()

    const calls: string[] = []
    const restarted = openSqliteStore(rig.databasePath)
    const inference = await openInference(watched(calls)(restarted), createLog().log)
    inference.wake()
    await inference.idle()
    await restarted.close()
    expect(calls).toEqual(['readUninferred', 'commit agent interface interface_gone', 'readUninferred'])
    expect(rig.content().agent_interfaces).toMatchObject([{ name: 'eth0', state: 'down' }])
  })

  test('tries a failed commit again with the next report, and loses nothing', async () => {
    let failures = 1
    const calls: string[] = []
    const rig = await openRig({
      wrap: watched(calls, (call) => {
        if (call === 'commit' && failures-- > 0) throw new Error('disk full')
      }),
    })
    await send(rig, hel, 1)
    await rig.inference.idle()
    expect(rig.logged).toMatchObject([{ level: 'error', fields: { reason: 'disk full' } }])
    expect(interfacesOf(rig)).toEqual([])
    await send(rig, sto, 1)
    await rig.inference.idle()
    expect(calls.at(-2)).toBe('commit agent interface interface agent interface interface')
    expect(interfacesOf(rig)).toHaveLength(4)
  })

  test('does for a report what that report asks for, however large the fleet is', async () => {
    const calls: string[] = []
    const rig = await openRig({ wrap: watched(calls) })
    const workOf = async (tick: number) => {
      await rig.inference.idle()
      calls.length = 0
      await send(rig, hel, tick, { hostname: `name ${tick}` })
      await rig.inference.idle()
      return [...calls]
    }
    await send(rig, hel, 1)
    const alone = await workOf(2)
    for (let number = 10; number < 310; number++) await send(rig, createMember(number), 1)
    expect(await workOf(3)).toEqual(alone)
    expect(alone).toEqual(['readUninferred', 'commit agent', 'readUninferred'])
  })

  test('after a reset takes a new report as the first one of its agent', async () => {
    const rig = await openRig()
    await send(rig, hel, 5)
    await rig.inference.idle()
    const headers = { authorization: 'Bearer operator-token-of-the-tests' }
    const body = JSON.stringify({ agent_id: hel.agentId })
    expect((await rig.ask('/status/admin/reset', { method: 'POST', headers, body })).status).toBe(200)
    expect(interfacesOf(rig)).toEqual([])
    await send(rig, hel, 1, { nonce: 'A'.repeat(22), collectedAt: NOW - 60_000 })
    await rig.inference.idle()
    expect(interfacesOf(rig)).toEqual([`${hel.agentId} eth0`, `${hel.agentId} wg0`])
  })

  test('goes on with the other agents when one is reset while its report is looked at', async () => {
    let resetOnce: (() => Promise<unknown>) | undefined
    const rig = await openRig({
      wrap: watched([], async (call) => {
        const reset = call === 'read' ? resetOnce : undefined
        resetOnce = undefined
        await reset?.()
      }),
    })
    resetOnce = () => rig.store.reset(hel.agentId, act)
    await Promise.all([send(rig, hel, 1), send(rig, sto, 1)])
    await rig.inference.idle()
    expect(rig.logged).toEqual([])
    expect(interfacesOf(rig)).toEqual([`${sto.agentId} eth0`, `${sto.agentId} wg0`])
  })
})
