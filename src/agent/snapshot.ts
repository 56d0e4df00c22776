import type { CollectorFailure, Report } from '../core/protocol/report.js'
import type { Host } from './host.js'

/** The sections that collectors fill. A section that could not be collected is absent, never empty. */
export type Sections = {
  readonly [S in
    | 'system'
    | 'interfaces'
    | 'routes'
    | 'routesTotal'
    | 'rules'
    | 'wgInterfaces'
    | 'wgPeers'
    | 'neighbours']?: NonNullable<Report[S]>
}

/** What was seen, and what could not be seen. */
type Seen = { readonly sections: Sections; readonly failures: readonly CollectorFailure[] }

/** What one collector saw, and what it could not see. */
export type Collected = Seen & {
  /** Every interface that `wg` lists, also one without a key: what makes an interface's kind `wireguard`. */
  readonly wireguardNames?: readonly string[]
}

/** One thing that is looked at on a host: one file, one line in the list of `collect.ts`. Never rejects. */
export type Collector = { readonly name: string; readonly collect: (host: Host) => Promise<Collected> }

/** Everything seen in one collection cycle. */
export type Snapshot = Seen & {
  /** When it was measured, in ms since the epoch. */
  readonly collectedAt: number
  readonly hostname: string
  /** The kernel's random id of this boot, without dashes. */
  readonly bootId: string
}
