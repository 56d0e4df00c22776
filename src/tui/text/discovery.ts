import { safeText } from '../../core/text.js'
import { type Column, formatTable } from './table.js'

/** An agent that answered, as the table shows it. */
export type FoundAgent = {
  readonly agentId: string
  readonly address: string
  readonly otherAddresses: readonly string[]
  readonly version: string
  readonly rttMs: number
  readonly relay: { readonly available: boolean; readonly hops: number | null }
}

/** What a discovery asks, and what it leaves out and why. */
export type DiscoveryPlan = {
  readonly port: number
  readonly candidates: readonly string[]
  readonly passedOver: readonly { readonly prefix: string; readonly message: string }[]
}

const COLUMNS: readonly Column<FoundAgent>[] = [
  { title: 'AGENT', cell: (agent) => agent.agentId.slice(0, 8) },
  { title: 'ADDRESS', cell: (agent) => agent.address },
  { title: 'VERSION', cell: (agent) => agent.version, drop: 1 },
  { title: 'RTT', cell: (agent) => (agent.rttMs < 1 ? '<1 ms' : `${agent.rttMs} ms`), align: 'right' },
  { title: 'RELAY', cell: (agent) => formatRelay(agent.relay) },
]
const ALSO_AT: Column<FoundAgent> = {
  title: 'ALSO AT',
  cell: (agent) => agent.otherAddresses.join(' '),
  drop: 2,
}

/** The agents that answered, one line each, and how many addresses were asked. */
export function formatDiscovery(
  agents: readonly FoundAgent[],
  { candidates, passedOver }: DiscoveryPlan,
  probed: number,
  width: number,
): string[] {
  const columns = agents.some((agent) => agent.otherAddresses.length > 0) ? [...COLUMNS, ALSO_AT] : COLUMNS
  const why =
    passedOver.length > 0 ? [`${passedOver.length} passed over; kattila discover --dry-run says why`] : []
  if (candidates.length === 0) return ['no address to ask: AllowedIPs name none that may be asked', ...why]
  const asked =
    probed < candidates.length ? `${probed} of ${counted(candidates.length)}` : counted(candidates.length)
  const found = agents.length === 0 ? 'no agent' : agents.length === 1 ? '1 agent' : `${agents.length} agents`
  const table = agents.length > 0 ? [...formatTable(agents, columns, width), ''] : []
  return [...table, `${found} found, ${asked} asked`, ...why]
}

/** What would be asked, and what would not. */
export function formatPlan({ port, candidates, passedOver }: DiscoveryPlan): string[] {
  const rows = passedOver.map(({ prefix, message }) => [safeText(prefix), safeText(message)] as const)
  const longest = Math.max(0, ...rows.map(([prefix]) => prefix.length))
  return [
    `${counted(candidates.length)} would be asked on port ${port}`,
    ...candidates.map((address) => `  ${address}`),
    ...(passedOver.length > 0 ? ['', `${passedOver.length} passed over`] : []),
    ...rows.map(([prefix, message]) => `  ${prefix.padEnd(longest)}  ${message}`),
  ]
}

function counted(addresses: number): string {
  return addresses === 1 ? '1 address' : `${addresses} addresses`
}

function formatRelay({ available, hops }: FoundAgent['relay']): string {
  if (!available || hops === null) return 'no'
  if (hops === 0) return 'direct'
  return hops === 1 ? '1 hop' : `${hops} hops`
}
