import type { Report } from '../core/protocol/report.js'
import type { Snapshot } from './snapshot.js'

/** What a report says of its agent, beside what was collected. */
export type Reporter = {
  readonly agentId: string
  readonly publicKey: string
  readonly fleetId: string
  readonly agentVersion: string
  readonly intervalS: number
  readonly labels: Readonly<Record<string, string>>
}

/** When and as which report a snapshot is signed: a snapshot that waited on disk is signed when it is sent. */
export type Signing = { readonly tick: number; readonly timestamp: number; readonly nonce: string }

/** Builds the report of one snapshot (protocol section 2). */
export function buildReport(snapshot: Snapshot, reporter: Reporter, signing: Signing): Report {
  const { sections, failures, collectedAt, hostname, bootId } = snapshot
  return {
    schema: 'kattila.report/1',
    fleetId: reporter.fleetId,
    agentId: reporter.agentId,
    agentVersion: reporter.agentVersion,
    hostname,
    publicKey: reporter.publicKey,
    bootId,
    tick: signing.tick,
    timestamp: signing.timestamp,
    collectedAt,
    nonce: signing.nonce,
    intervalS: reporter.intervalS,
    labels: reporter.labels,
    ...sections,
    failures,
  }
}
