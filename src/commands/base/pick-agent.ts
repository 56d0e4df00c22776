import leven from 'leven'
import { KattilaError } from '../../core/error.js'

type Named = { readonly agent_id: string; readonly hostname: string | null }

/**
 * The agent meant by an id, the beginning of one, or a host name. Throws a `usage` error that lists
 * the candidates when several are meant, and suggests the nearest when none is.
 */
export function pickAgent<A extends Named>(agents: readonly A[], name: string): A {
  const exact = agents.filter((agent) => agent.agent_id === name || agent.hostname === name)
  const matches =
    exact.length > 0 ? exact : agents.filter((agent) => agent.agent_id.startsWith(name.toLowerCase()))
  const [only, ...others] = matches
  if (only && others.length === 0) return only
  if (only) {
    throw new KattilaError('usage', `"${name}" means several agents`, {
      suggestion: `name one by its id: ${list(matches)}`,
    })
  }
  const near = agents.filter((agent) => isNear(agent.hostname ?? '', name))
  throw new KattilaError('usage', `no agent is called "${name}"`, {
    suggestion: near.length > 0 ? `did you mean ${list(near)}?` : 'kattila agents lists them',
  })
}

/** At most a third of a name is mistyped. */
function isNear(hostname: string, name: string): boolean {
  return leven(hostname, name) <= Math.max(1, Math.floor(name.length / 3))
}

const MOST_LISTED = 5

function list(agents: readonly Named[]): string {
  const names = agents
    .slice(0, MOST_LISTED)
    .map((agent) => `${agent.hostname ?? '-'} (${agent.agent_id.slice(0, 8)})`)
  const more = agents.length - names.length
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
