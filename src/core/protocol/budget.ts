/**
 * How long a sender still waits for the answer to a relayed report, as whole milliseconds in a
 * header. Each hop shortens it: with one constant time at every hop the origin would report failure
 * while the manager has the report (protocol section 5).
 */
export const BUDGET_HEADER = 'Kattila-Budget-Ms'

/** What a sender waits for that does not say so, and the most that a relay believes, ms. */
export const DEFAULT_BUDGET_MS = 5000
export const MOST_BUDGET_MS = 30_000

/** What a hop keeps for the way back, ms. */
const WAY_BACK_MS = 150

/** The budget of a received request; a header that is missing or no number counts as the default. */
export function parseBudget(header: string | undefined): number {
  return header !== undefined && /^\d{1,9}$/.test(header)
    ? Math.min(Number(header), MOST_BUDGET_MS)
    : DEFAULT_BUDGET_MS
}

/** What remains of a budget for the next hop, `spentMs` after it began; 0 when it is not worth trying. */
export function remainingBudget(budgetMs: number, spentMs: number): number {
  return Math.max(0, Math.floor(budgetMs - spentMs - WAY_BACK_MS))
}
