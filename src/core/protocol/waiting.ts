import type { Report } from './report.js'

/** What of a report tells how long its snapshot waited before it was signed; both times are by the agent's clock. */
type Waited = Pick<Report, 'timestamp' | 'collectedAt' | 'intervalS'>

/**
 * A report is late when it was measured more than this many intervals before it was signed: one
 * that was overtaken by the next one, jitter included, is everyday; more is what a spool makes.
 */
const LATE_INTERVALS = 2

/**
 * A report signed within this many intervals of its measurement is the first of its moment. Signing
 * a snapshot again takes a failed delivery and a later success, which comes an interval later.
 */
const FIRST_SIGNED_INTERVALS = 0.5

/** How long a report waited at its agent, ms; 0 when its clock was set back in between. */
export function waitedMs({ timestamp, collectedAt }: Omit<Waited, 'intervalS'>): number {
  return Math.max(0, timestamp - collectedAt)
}

/** Whether a report waited in a spool, so that it says how things were rather than how they are. */
export function isLate(report: Waited): boolean {
  return waitedMs(report) > LATE_INTERVALS * report.intervalS * 1000
}

/**
 * Whether a report may hold a snapshot that was signed and sent before, with its answer lost; then
 * its moment (agent, boot and time of measuring) is filed once (protocol section 3).
 */
export function mayBeSignedAgain(report: Waited): boolean {
  return waitedMs(report) > FIRST_SIGNED_INTERVALS * report.intervalS * 1000
}
