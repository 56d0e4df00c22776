import type { WireReport } from '../../core/protocol/report.js'
import { toWire } from '../../core/protocol/wire-names.js'
import type { AgentRecord, Store, StoredReport } from '../store/port.js'

/** Whether an agent's reports arrive in time: late after 2.5 intervals, silent after 4 (the design's host verdicts). */
type Reporting = 'reporting' | 'late' | 'silent' | 'never'

const LATE_INTERVALS = 2.5
const SILENT_INTERVALS = 4

/**
 * How an agent reports, from the time since its newest report was measured, by the manager's clock:
 * one that comes out of a spool does not make an agent look alive now.
 */
export function judgeReporting(sinceMs: number, intervalS: number): Reporting {
  const intervals = sinceMs / (intervalS * 1000)
  return intervals < LATE_INTERVALS ? 'reporting' : intervals < SILENT_INTERVALS ? 'late' : 'silent'
}

/** One agent of the fleet as programs read it. Times in ms since the epoch; null where nothing is known yet. */
export type AgentView = ReturnType<typeof agentView>

/** The host name of an agent, null when it is not known. */
type NameOf = (agentId: string) => string | null

function agentView(record: AgentRecord, nameOf: NameOf, now: number) {
  const { agentId, status, publicKey, registeredAt, lastTick, facts } = record
  return {
    agent_id: agentId,
    hostname: facts?.hostname ?? null,
    status,
    reporting: facts ? judgeReporting(now - facts.measuredAt, facts.intervalS) : ('never' as const),
    received_at: facts?.receivedAt ?? null,
    collected_at: facts?.collectedAt ?? null,
    measured_at: facts?.measuredAt ?? null,
    registered_at: registeredAt,
    tick: Math.max(0, lastTick),
    interval_s: facts?.intervalS ?? null,
    agent_version: facts?.agentVersion ?? null,
    fleet_id: facts?.fleetId ?? null,
    boot_id: facts?.bootId ?? null,
    public_key: publicKey,
    labels: facts?.labels ?? {},
    relay_path: facts?.relayPath ?? [],
    relay_names: (facts?.relayPath ?? []).map(nameOf),
    interface_count: facts?.interfaceCount ?? null,
    wg_peer_count: facts?.wgPeerCount ?? null,
    failure_count: facts?.failureCount ?? null,
  }
}

/** What the newest report of an agent holds, section by section as on the wire; a section that was not collected is absent. */
type AgentSections = Pick<
  WireReport,
  | 'system'
  | 'interfaces'
  | 'routes'
  | 'routes_total'
  | 'rules'
  | 'wg_interfaces'
  | 'wg_peers'
  | 'neighbours'
  | 'failures'
>

export type AgentDetail = AgentView & AgentSections

/** The fleet, by host name. */
export async function readAgents(store: Store, now: number): Promise<readonly AgentView[]> {
  const records = await store.listAgents()
  const nameOf = nameLookup(records)
  return records.map((record) => agentView(record, nameOf, now))
}

/** One agent with everything its newest report says; undefined when there is no such agent. */
export async function readAgent(
  store: Store,
  agentId: string,
  now: number,
): Promise<AgentDetail | undefined> {
  const record = await store.findAgent(agentId)
  if (!record) return undefined
  const stored = record.facts ? await store.findReport(record.facts.reportSeq) : undefined
  const relays = await Promise.all((record.facts?.relayPath ?? []).map(store.findAgent))
  const view = agentView(record, nameLookup(relays.filter((relay) => relay !== undefined)), now)
  return { ...view, ...(stored ? sectionsOf(stored) : {}) }
}

function nameLookup(records: readonly AgentRecord[]): NameOf {
  const names = new Map(records.map(({ agentId, facts }) => [agentId, facts?.hostname ?? null]))
  return (agentId) => names.get(agentId) ?? null
}

function sectionsOf({ report }: StoredReport): AgentSections {
  const { system, interfaces, routes, routes_total, rules, wg_interfaces, wg_peers, neighbours, failures } =
    toWire<WireReport>(report)
  return { system, interfaces, routes, routes_total, rules, wg_interfaces, wg_peers, neighbours, failures }
}
