import { safeText } from '../../core/text.js'
import { type AgentFacts, formatAgent } from '../text/agent.js'
import { cut } from '../text/table.js'

/** What `kattila up` runs and where: a name and a place, for people. */
export type Place = { readonly what: string; readonly where: string }

/** What to type next, for a newcomer; `id` is the beginning of this host's agent id. */
export function nextStep(id: string): string {
  return `next, in another terminal: bin/kattila agents ${id}, or bin/kattila --help`
}

/** The places as plain text, one a line. */
export function formatPlaces(places: readonly Place[]): string[] {
  const width = Math.max(...places.map(({ what }) => what.length))
  return places.map(({ what, where }) => safeText(`${what.padEnd(width)}  ${where}`))
}

/** Rows a section may take so that the screen stays within the terminal. */
const MAX_ROWS = 6

/** The live part of the screen: this host as the manager has it, at most `rows` lines. */
export function formatLive(
  agent: AgentFacts | undefined,
  size: { readonly columns: number; readonly rows: number },
  now: number,
): string[] {
  if (!agent) return ['waiting for the first report to be stored …']
  const lines = formatAgent(agent, { width: size.columns, maxRows: MAX_ROWS, now })
  const shown = lines.length > size.rows ? [...lines.slice(0, size.rows - 1), '… more'] : lines
  return shown.map((line) => cut(line, size.columns))
}
