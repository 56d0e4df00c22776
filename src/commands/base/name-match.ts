type Named = { readonly agent_id: string; readonly hostname: string | null }

export type NameMatch =
  | { readonly kind: 'agent'; readonly agentId: string }
  | { readonly kind: 'none'; readonly suggestion: string }

/** The agent meant by an id, the beginning of one, or a host name; or what could have been meant. */
export function findAgentByName(agents: readonly Named[], name: string): NameMatch {
  const exact = agents.filter((agent) => agent.agent_id === name || agent.hostname === name)
  const matches =
    exact.length > 0 ? exact : agents.filter((agent) => agent.agent_id.startsWith(name.toLowerCase()))
  const [only] = matches
  if (only && matches.length === 1) return { kind: 'agent', agentId: only.agent_id }
  if (matches.length > 1)
    return { kind: 'none', suggestion: `several match, name one by its id: ${list(matches)}` }
  const near = agents.filter(
    (agent) =>
      agent.hostname !== null && distance(agent.hostname, name) <= Math.max(1, Math.floor(name.length / 3)),
  )
  if (near.length > 0) return { kind: 'none', suggestion: `did you mean ${list(near)}?` }
  return { kind: 'none', suggestion: 'kattila agents lists them' }
}

const MAX_LISTED = 5

function list(agents: readonly Named[]): string {
  const names = agents
    .slice(0, MAX_LISTED)
    .map((agent) => `${agent.hostname ?? '-'} (${agent.agent_id.slice(0, 8)})`)
  return names.join(', ') + (agents.length > MAX_LISTED ? `, and ${agents.length - MAX_LISTED} more` : '')
}

/** Levenshtein's distance: the least number of single-character edits between two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
