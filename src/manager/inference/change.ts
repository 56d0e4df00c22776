/** What inference derives from reports: facts about agents and their interfaces, and how they changed. */

/** What the newest report of an agent says. Times in ms. */
export type AgentFacts = {
  readonly agentId: string
  readonly reportSeq: number
  readonly receivedAt: number
  readonly collectedAt: number
  /** When it was measured by the manager's clock: what is newest does not hang on the agent's clock. */
  readonly measuredAt: number
  readonly hostname: string
  readonly agentVersion: string
  readonly fleetId: string
  readonly bootId: string
  readonly intervalS: number
  readonly labels: Readonly<Record<string, string>>
  readonly relayPath: readonly string[]
  /** Null where the section could not be collected. */
  readonly interfaceCount: number | null
  readonly wgPeerCount: number | null
  readonly failureCount: number
}

/** What is known of one interface, without its counters: those stay in the reports. */
export type InterfaceFacts = {
  readonly agentId: string
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly mtu: number | null
  readonly mac: string | null
  readonly addresses: readonly string[]
  /** The WireGuard key of the interface, where it has one. */
  readonly wgPublicKey: string | null
  readonly changedAt: number
}

/** Where the path of a relayed report ends: the one node of an edge that is no agent. */
export const MANAGER_NODE = 'manager'

/** An edge of the fleet's graph as one report showed it: `from` and `to` are agent ids, or the manager. */
export type EdgeFacts = {
  readonly layer: 'relay'
  readonly from: string
  readonly to: string
  /** By the manager's clock, ms. */
  readonly seenAt: number
  /** The report that showed it. */
  readonly evidence: { readonly origin: string; readonly tick: number }
}

export type Change =
  | { readonly kind: 'agent'; readonly facts: AgentFacts }
  | { readonly kind: 'interface'; readonly facts: InterfaceFacts }
  | { readonly kind: 'interface_gone'; readonly agentId: string; readonly name: string }
  | { readonly kind: 'edge'; readonly facts: EdgeFacts }
