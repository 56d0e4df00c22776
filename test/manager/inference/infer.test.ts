import { describe, expect, test } from 'vitest'
import type { NetworkInterface, Report } from '../../../src/core/protocol/report.js'
import type { Change, InterfaceFacts } from '../../../src/manager/inference/change.js'
import { inferChanges, type KnownAgent } from '../../../src/manager/inference/infer.js'
import { createMember, NOW, reportOf } from '../fleet.js'

const hel = createMember(1)
const eth0: NetworkInterface = { name: 'eth0', kind: 'ethernet', state: 'up', addresses: ['10.0.0.2/24'] }
const wg0: NetworkInterface = { name: 'wg0', kind: 'wireguard', state: 'unknown', addresses: ['10.9.0.1/24'] }
const stored = (change: Partial<Report>, receivedAt = NOW) => ({
  ...{ seq: 7, receivedAt, relayPath: [] },
  report: reportOf(hel, { interfaces: [eth0, wg0], timestamp: NOW, collectedAt: NOW, ...change }),
})

/** What is known after a report of eth0 and wg0. */
const known = knownAfter(inferChanges(stored({}), undefined))

function knownAfter(changes: readonly Change[]): KnownAgent {
  const interfaces = new Map<string, InterfaceFacts>()
  for (const change of changes)
    if (change.kind === 'interface') interfaces.set(change.facts.name, change.facts)
  const agent = changes.find((change) => change.kind === 'agent')
  return { measuredAt: agent?.facts.measuredAt ?? 0, interfaces }
}
const ofInterfaces = (changes: readonly Change[]) => changes.filter(({ kind }) => kind !== 'agent')

describe('the first report of an agent', () => {
  test('gives its facts and every interface, with the WireGuard key where it has one', () => {
    const changes = inferChanges(stored({ labels: undefined, failures: undefined }), undefined)
    expect(changes.map(({ kind }) => kind)).toEqual(['agent', 'interface', 'interface'])
    expect(changes[0]).toMatchObject({
      facts: {
        agentId: hel.agentId,
        reportSeq: 7,
        receivedAt: NOW,
        interfaceCount: 2,
        labels: {},
        failureCount: 0,
      },
    })
    expect(changes[2]).toMatchObject({
      facts: { name: 'wg0', wgPublicKey: 'wg0-public-key', mtu: null, mac: null, changedAt: NOW },
    })
  })

  test('without sections gives counts of null, which are not 0', () => {
    const [agent] = inferChanges(stored({ interfaces: undefined, wgPeers: undefined }), undefined)
    expect(agent).toMatchObject({ facts: { interfaceCount: null, wgPeerCount: null } })
    const [empty] = inferChanges(stored({ interfaces: [], wgPeers: [] }), undefined)
    expect(empty).toMatchObject({ facts: { interfaceCount: 0, wgPeerCount: 0 } })
  })
})

describe('of the interfaces', () => {
  test('an unchanged one is no change, whatever its counters say', () => {
    const counted = stored({
      interfaces: [{ ...eth0, rxBytes: 99 }, wg0],
      timestamp: NOW + 5,
      collectedAt: NOW + 5,
    })
    expect(ofInterfaces(inferChanges(counted, known))).toEqual([])
  })

  test.each([
    { state: 'down' },
    { kind: 'bridge' },
    { mtu: 1400 },
    { mac: '02:00:00:00:00:09' },
    { addresses: [] },
  ])('a changed one is one change: %o', (change) => {
    const report = stored({ interfaces: [{ ...eth0, ...change }, wg0] })
    expect(ofInterfaces(inferChanges(report, known))).toMatchObject([
      { kind: 'interface', facts: { ...change, name: 'eth0' } },
    ])
  })

  test('a new one is a change, and one that is not listed any more is gone', () => {
    const report = stored({ interfaces: [eth0, { ...wg0, name: 'wg1' }] })
    expect(ofInterfaces(inferChanges(report, known))).toMatchObject([
      { kind: 'interface', facts: { name: 'wg1', wgPublicKey: null } },
      { kind: 'interface_gone', agentId: hel.agentId, name: 'wg0' },
    ])
  })

  test('an empty section means that all are gone, an absent one says nothing', () => {
    expect(ofInterfaces(inferChanges(stored({ interfaces: [] }), known))).toHaveLength(2)
    expect(ofInterfaces(inferChanges(stored({ interfaces: undefined }), known))).toEqual([])
  })

  test('a WireGuard key stays known while that section is absent, and goes when it is empty', () => {
    expect(ofInterfaces(inferChanges(stored({ wgInterfaces: undefined }), known))).toEqual([])
    expect(ofInterfaces(inferChanges(stored({ wgInterfaces: [] }), known))).toMatchObject([
      { facts: { name: 'wg0', wgPublicKey: null } },
    ])
  })
})

describe('a report that was measured before the newest one', () => {
  const waited = (ms: number, receivedAt: number) =>
    stored({ interfaces: [], timestamp: NOW, collectedAt: NOW - ms }, receivedAt)

  test('changes nothing', () => {
    expect(inferChanges(waited(60_000, NOW + 1000), known)).toEqual([])
    expect(inferChanges(waited(1000, NOW + 1000), known)).not.toEqual([])
  })

  test('is told by how long it waited, not by a clock that was set back in between', () => {
    const setBack = { timestamp: NOW - 300_000, collectedAt: NOW - 300_000 }
    expect(inferChanges(stored(setBack, NOW + 30_000), known)).toHaveLength(1)
  })

  test('is not one whose time of measuring lies after its time of signing', () => {
    const first = inferChanges(stored({ collectedAt: NOW + 10 ** 12 }), undefined)
    expect(inferChanges(stored({}, NOW + 30_000), knownAfter(first))).toHaveLength(1)
  })
})
