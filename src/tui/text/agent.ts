import { formatDuration, safeText } from '../../core/text.js'
import type { FleetRow } from './fleet.js'
import { formatHost, type HostLayout, type HostSections } from './host.js'
import { formatVia } from './via.js'

/** One agent with everything its newest report says. */
export type AgentFacts = FleetRow &
  HostSections & {
    readonly collectedAt: number | null
    /** By the manager's clock; absent from an older manager. */
    readonly measuredAt?: number | null
    readonly tick: number
    readonly intervalS: number | null
  }

/** A report that came longer than this after its measurement had waited, and people are told, ms. */
const WAITED_MS = 60_000

/** One agent for people: who it is and how it reports, then its host. */
export function formatAgent(agent: AgentFacts, layout: HostLayout): string[] {
  const age = (at: number | null) => (at === null ? 'never' : `${formatDuration(layout.now - at)} ago`)
  const labels = Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`)
  const via = formatVia(agent)
  const waitedMs = (agent.receivedAt ?? 0) - (agent.measuredAt ?? agent.receivedAt ?? 0)
  return [
    safeText(`${agent.hostname ?? 'unknown host'} · agent ${agent.agentId}`),
    safeText(
      `${agent.status}, ${agent.reporting} · last report ${age(agent.receivedAt)}${waitedMs > WAITED_MS ? `, measured ${formatDuration(waitedMs)} before` : ''} · tick ${agent.tick} · every ${agent.intervalS ?? '?'} s · kattila ${agent.agentVersion ?? '?'}`,
    ),
    safeText(
      `came ${via === undefined ? 'directly' : `through ${via}`}${labels.length > 0 ? ` · labels ${labels.join(',')}` : ''}`,
    ),
    '',
    ...formatHost(agent, layout),
  ]
}
