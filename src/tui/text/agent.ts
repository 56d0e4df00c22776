import { formatDuration, safeText } from '../../core/text.js'
import type { FleetRow } from './fleet.js'
import { formatHost, type HostLayout, type HostSections } from './host.js'

/** One agent with everything its newest report says. */
export type AgentFacts = FleetRow &
  HostSections & {
    readonly collectedAt: number | null
    readonly tick: number
    readonly intervalS: number | null
  }

/** One agent for people: who it is and how it reports, then its host. */
export function formatAgent(agent: AgentFacts, layout: HostLayout): string[] {
  const age = (at: number | null) => (at === null ? 'never' : `${formatDuration(layout.now - at)} ago`)
  const labels = Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`)
  return [
    safeText(`${agent.hostname ?? 'unknown host'} · agent ${agent.agentId}`),
    safeText(
      `${agent.status}, ${agent.reporting} · last report ${age(agent.receivedAt)} · tick ${agent.tick} · every ${agent.intervalS ?? '?'} s · kattila ${agent.agentVersion ?? '?'}`,
    ),
    `came ${agent.relayPath.length === 0 ? 'directly' : `through ${agent.relayPath.join(' → ')}`}${labels.length > 0 ? safeText(` · labels ${labels.join(',')}`) : ''}`,
    '',
    ...formatHost(agent, layout),
  ]
}
