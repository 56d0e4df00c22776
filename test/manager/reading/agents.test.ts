import { describe, expect, test } from 'vitest'
import { encodeReport } from '../../../src/core/protocol/report.js'
import { judgeReporting, readAgent, readAgents } from '../../../src/manager/reading/agents.js'
import {
  createMember,
  envelopeAround,
  envelopeOf,
  type Member,
  NOW,
  registrationOf,
  reportOf,
} from '../fleet.js'
import { openRig, type Rig } from '../rig.js'

const hel = createMember(1)
const send = async (rig: Rig, member: Member, change = {}) => {
  const data = JSON.stringify({ ...JSON.parse(encodeReport(reportOf(member))), ...change })
  expect((await rig.send(envelopeAround(member, data))).json.status).toBe('ok')
  await rig.inference.idle()
}

describe('an agent', () => {
  test.each([
    [0, 'reporting'],
    [74_999, 'reporting'],
    [75_000, 'late'],
    [119_999, 'late'],
    [120_000, 'silent'],
    [10 ** 12, 'silent'],
  ])('that reports every 30 s and was heard of %i ms ago is %s', (sinceMs, reporting) => {
    expect(judgeReporting(sinceMs, 30)).toBe(reporting)
    expect(judgeReporting(sinceMs / 30, 1)).toBe(reporting)
  })

  test('is judged by when its report arrived and by its own interval', async () => {
    const rig = await openRig()
    await send(rig, hel, { interval_s: 10, timestamp: NOW - 300_000, collected_at: NOW - 300_000 })
    const at = async (ms: number) => (await readAgents(rig.store, NOW + ms))[0]?.reporting
    expect([await at(0), await at(24_999), await at(25_000), await at(40_000)]).toEqual([
      'reporting',
      'reporting',
      'late',
      'silent',
    ])
  })

  test('that only registered has never reported, and nothing is known of it', async () => {
    const rig = await openRig()
    await rig.send(registrationOf(hel), {}, '/status/register')
    expect(await readAgent(rig.store, hel.agentId, NOW)).toEqual({
      ...{ agent_id: hel.agentId, status: 'active', reporting: 'never', public_key: hel.identity.publicKey },
      ...{ registered_at: NOW, tick: 0, labels: {}, relay_path: [], relay_names: [], hostname: null },
      ...{ received_at: null, measured_at: null },
      ...{ collected_at: null, interval_s: null, agent_version: null, fleet_id: null, boot_id: null },
      ...{ interface_count: null, wg_peer_count: null, failure_count: null },
    })
  })

  test('that is not known is undefined', async () => {
    const rig = await openRig()
    expect(await readAgent(rig.store, hel.agentId, NOW)).toBeUndefined()
  })
})

describe('the sections of an agent', () => {
  test('are those of its newest report, as on the wire', async () => {
    const rig = await openRig()
    const report = reportOf(hel)
    await rig.send(envelopeOf(hel, report))
    await rig.inference.idle()
    const wire = JSON.parse(encodeReport(report))
    expect(await readAgent(rig.store, hel.agentId, NOW)).toMatchObject({
      ...{ interfaces: wire.interfaces, wg_peers: wire.wg_peers, wg_interfaces: wire.wg_interfaces },
      ...{ failures: [], hostname: report.hostname, tick: 1 },
    })
  })

  test('that were not collected are absent, those without an entry are empty lists', async () => {
    const rig = await openRig()
    await send(rig, hel, { interfaces: [], wg_peers: undefined, wg_interfaces: undefined, routes: [] })
    const { status, json } = await rig.ask(`/api/v1/agents/${hel.agentId}`, {
      headers: { authorization: 'Bearer operator-token-of-the-tests' },
    })
    expect(status).toBe(200)
    expect(json.agent).toMatchObject({ interfaces: [], routes: [], interface_count: 0, wg_peer_count: null })
    for (const absent of ['wg_peers', 'wg_interfaces', 'rules', 'neighbours', 'system'])
      expect(json.agent).not.toHaveProperty(absent)
  })

  test('stay the newest ones when a report arrives late', async () => {
    const rig = await openRig()
    await send(rig, hel, { hostname: 'now' })
    rig.clock.advance(1000)
    await send(rig, hel, { tick: 2, nonce: 'l'.repeat(22), hostname: 'then', collected_at: NOW - 60_000 })
    expect(await readAgent(rig.store, hel.agentId, NOW)).toMatchObject({ hostname: 'now', tick: 2 })
  })
})
