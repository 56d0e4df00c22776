import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { collectSnapshot } from '../../src/agent/collect.js'
import { encodeReport, reportSchema } from '../../src/core/protocol/report.js'
import { dumpOf, openFixtureHost, SITUATIONS, secretsOf } from './fixture-host.js'

function snapshotOf(situation: string) {
  const { host, capturedAt } = openFixtureHost(situation)
  return collectSnapshot(host, { now: () => capturedAt })
}

test('there are captures of many situations', () => {
  expect(SITUATIONS.length).toBeGreaterThan(10)
})

describe.each(SITUATIONS)('%s', (situation) => {
  test('is seen as its expected.json says', async () => {
    const text = `${JSON.stringify(await snapshotOf(situation), null, 2)}\n`
    await expect(text).toMatchFileSnapshot(`../fixtures/hosts/${situation}/expected.json`)
  })

  test('is seen without a failure', async () => {
    expect((await snapshotOf(situation)).failures).toEqual([])
  })

  test('shows no private or preshared key', async () => {
    const text = JSON.stringify(await snapshotOf(situation))
    expect(secretsOf(dumpOf(situation)).filter((secret) => text.includes(secret))).toEqual([])
  })

  test('makes a report that the schema takes', async () => {
    const { sections, ...rest } = await snapshotOf(situation)
    const report = encodeReport({
      ...rest,
      ...sections,
      schema: 'kattila.report/1',
      fleetId: 'default',
      agentId: randomUUID().replaceAll('-', ''),
      agentVersion: '0.1.0',
      tick: 1,
      timestamp: rest.collectedAt,
      nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
      intervalS: 30,
    })
    const parsed = reportSchema.safeParse(JSON.parse(report))
    expect(parsed.error?.issues ?? []).toEqual([])
  })
})

describe('the captures are seen for what they are', () => {
  test('with wireguard-go killed there is no tunnel, and wg0 and its route are gone', async () => {
    const { sections } = await snapshotOf('n6-wireguard-go-killed')
    expect(sections.wgInterfaces).toEqual([])
    expect(sections.wgPeers).toEqual([])
    expect(sections.interfaces?.map(({ name }) => name)).toEqual(['lo', 'eth0'])
    expect(sections.routes?.some(({ dev }) => dev === 'wg0')).toBe(false)
  })

  test('wg0 set down is a wireguard interface in state down, with its peers and without its route', async () => {
    const { sections } = await snapshotOf('n5-wg0-down')
    const wg0 = sections.interfaces?.find(({ name }) => name === 'wg0')
    expect([wg0?.kind, wg0?.state]).toEqual(['wireguard', 'down'])
    expect(sections.wgPeers).toHaveLength(5)
    expect(sections.routes?.some(({ dev }) => dev === 'wg0')).toBe(false)
  })

  test('a lost carrier is state down with one more carrier change, while the routes stay', async () => {
    const eth0Of = async (situation: string) => {
      const { sections } = await snapshotOf(situation)
      return sections.interfaces?.find(({ name }) => name === 'eth0')
    }
    const [before, after] = await Promise.all([eth0Of('mesh6-n1-healthy'), eth0Of('n1-carrier-lost')])
    expect([before?.state, after?.state]).toEqual(['up', 'down'])
    expect((after?.carrierChanges ?? 0) - (before?.carrierChanges ?? 0)).toBe(1)
    const { sections } = await snapshotOf('n1-carrier-lost')
    expect(sections.routes?.find(({ dst, family }) => dst === 'default' && family === 4)?.gateway).toBe(
      '10.99.11.1',
    )
  })

  test('without a default route only that of IPv6 is there', async () => {
    const { sections } = await snapshotOf('n1-no-default-route')
    expect(sections.routes?.filter(({ dst }) => dst === 'default').map(({ family }) => family)).toEqual([6])
  })

  test('a peer behind another NAT has no endpoint and never shook hands', async () => {
    const { sections } = await snapshotOf('nat8-a1-behind-nat')
    const stranger = sections.wgPeers?.find(({ allowedIps }) => allowedIps.includes('10.66.0.18/32'))
    expect(stranger).toMatchObject({ endpoint: null, latestHandshakeAt: null, rxBytes: 0, txBytes: 0 })
  })

  test('of the hosts behind NAT only the router forwards', async () => {
    const forwards = async (situation: string) => (await snapshotOf(situation)).sections.system?.forwarding
    expect(await forwards('nat8-r1-router')).toEqual({ ipv4: true, ipv6: false })
    expect(await forwards('nat8-a1-behind-nat')).toEqual({ ipv4: false, ipv6: false })
  })

  test('a wireguard interface without a key is an interface and has no identity', async () => {
    const { sections } = await snapshotOf('kernel-all-kinds-n2')
    expect(sections.interfaces?.find(({ name }) => name === 'wg9')?.kind).toBe('wireguard')
    expect(sections.wgInterfaces?.map(({ name }) => name)).toEqual(['wg0'])
  })

  test('every kind of interface has its name, and the fallback devices are left out', async () => {
    const { sections } = await snapshotOf('kernel-all-kinds-n2')
    const kinds = sections.interfaces?.map(({ name, kind }) => `${name} ${kind}`)
    expect(kinds).toEqual(
      [
        'lo loopback, eth0 veth, wg0 wireguard, gre1 gre, gretap1 gre, ipip1 ipip, sit1 ipip, ip6gre1 gre',
        'ip6tnl1 ipip, vti1 other, xfrm1 other, vxlan1 vxlan, vxlan2 vxlan, geneve1 other, br1 bridge',
        'dummy1 dummy, vrf1 other, bond1 bond, eth0.5 vlan, macvlan1 macvlan, macvtap1 macvlan, team1 other',
        'ifb9 other, veth2 veth, veth1 veth, nlmon1 other, wg9 wireguard, bat1 other, tun9 tun, tap9 tap',
      ].flatMap((line) => line.split(', ')),
    )
  })

  test('overlays show what they run over and where they lead', async () => {
    const { sections } = await snapshotOf('overlays-n1')
    const shown = sections.interfaces?.map(({ name, kind, parent, details }) => ({
      name,
      kind,
      parent,
      details,
    }))
    expect(shown).toContainEqual({
      name: 'vxwg',
      kind: 'vxlan',
      parent: 'wg0',
      details: { id: 77, local: '10.66.0.11', remote: '10.66.0.12', port: 8472 },
    })
    expect(shown).toContainEqual({
      name: 'vxmc',
      kind: 'vxlan',
      parent: 'eth0',
      details: { id: 99, group: '239.1.1.1', port: 4789 },
    })
    expect(shown).toContainEqual({ name: 'nebula1', kind: 'nebula', parent: null, details: {} })
    expect(shown).toContainEqual({ name: 've1', kind: 'veth', parent: null, details: {} })
  })
})
