import type { NetworkInterface, Report } from '../../core/protocol/report.js'
import { waitedMs } from '../../core/protocol/waiting.js'
import type { StoredReport } from '../store/port.js'
import type { AgentFacts, Change, InterfaceFacts } from './change.js'
import { inferRelayEdges } from './relay-edges.js'

/** What is known of one agent before a report: its work is proportional to that report, not to the fleet. */
export type KnownAgent = {
  /** When the newest report that was looked at was measured, by the manager's clock, ms. */
  readonly measuredAt: number
  readonly interfaces: ReadonlyMap<string, InterfaceFacts>
}

/**
 * What a report changes. A report measured before one that is known already changes nothing about
 * the present but the way it came, and an absent section says nothing about what it would have held.
 */
export function inferChanges(stored: StoredReport, known: KnownAgent | undefined): readonly Change[] {
  const { report } = stored
  const edges = inferRelayEdges(stored)
  if (known && measuredAtOf(stored) < known.measuredAt) return edges
  return [
    { kind: 'agent', facts: agentFacts(stored) },
    ...interfaceChanges(report, known?.interfaces ?? new Map()),
    ...edges,
  ]
}

/**
 * A report waited at its agent for as long as lies between its two times, both by the agent's clock;
 * so a clock that is wrong, or was set in between reports, does not make a fresh report look late.
 */
function measuredAtOf({ receivedAt, report }: StoredReport): number {
  return receivedAt - waitedMs(report)
}

function agentFacts(stored: StoredReport): AgentFacts {
  const { seq, receivedAt, relayPath, report } = stored
  return {
    agentId: report.agentId,
    reportSeq: seq,
    receivedAt,
    collectedAt: report.collectedAt,
    measuredAt: measuredAtOf(stored),
    hostname: report.hostname,
    agentVersion: report.agentVersion,
    fleetId: report.fleetId,
    bootId: report.bootId,
    intervalS: report.intervalS,
    labels: report.labels ?? {},
    relayPath,
    interfaceCount: report.interfaces?.length ?? null,
    wgPeerCount: report.wgPeers?.length ?? null,
    failureCount: report.failures?.length ?? 0,
  }
}

function interfaceChanges(report: Report, known: ReadonlyMap<string, InterfaceFacts>): Change[] {
  if (!report.interfaces) return []
  const changes: Change[] = []
  for (const one of report.interfaces) {
    const facts = interfaceFacts(report, one, known.get(one.name))
    if (!isSameInterface(facts, known.get(one.name))) changes.push({ kind: 'interface', facts })
  }
  const present = new Set(report.interfaces.map((one) => one.name))
  for (const name of known.keys()) {
    if (!present.has(name)) changes.push({ kind: 'interface_gone', agentId: report.agentId, name })
  }
  return changes
}

function interfaceFacts(
  report: Report,
  one: NetworkInterface,
  known: InterfaceFacts | undefined,
): InterfaceFacts {
  const key = report.wgInterfaces?.find((wg) => wg.name === one.name)?.publicKey ?? null
  return {
    agentId: report.agentId,
    name: one.name,
    kind: one.kind,
    state: one.state,
    mtu: one.mtu ?? null,
    mac: one.mac ?? null,
    addresses: one.addresses,
    wgPublicKey: report.wgInterfaces ? key : (known?.wgPublicKey ?? null),
    changedAt: report.collectedAt,
  }
}

function isSameInterface(a: InterfaceFacts, b: InterfaceFacts | undefined): boolean {
  return b !== undefined && JSON.stringify({ ...a, changedAt: 0 }) === JSON.stringify({ ...b, changedAt: 0 })
}
