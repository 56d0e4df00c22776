import type { Envelope } from '../../core/protocol/envelope.js'
import type { Report } from '../../core/protocol/report.js'
import type { Authentic, Member, MemberStatus, Verdict } from '../../core/protocol/verdict.js'
import type { AgentFacts, Change, InterfaceFacts } from '../inference/change.js'

/** A report as it was appended; `seq` orders all reports of a store. Times in ms. */
export type StoredReport = {
  readonly seq: number
  readonly receivedAt: number
  readonly relayPath: Envelope['relay_path']
  readonly report: Report
}

/** A report that waits for its verdict, with the hop header it came with. */
export type Candidate = {
  readonly authentic: Authentic<Report>
  readonly hop: string | undefined
  readonly receivedAt: number
}

/** What ingest knows of an agent; `facts` is null until inference has seen a report of it. */
export type AgentRecord = {
  readonly agentId: string
  readonly status: MemberStatus
  readonly publicKey: string | null
  readonly registeredAt: number
  readonly lastTick: number
  readonly facts: AgentFacts | null
}

/** An operator's act, for the audit trail. `actor` says by what right. */
export type Act = {
  readonly at: number
  readonly actor: string
  readonly act: string
  readonly subject: string
}

/** Where a manager keeps everything. Every method is one transaction: it happens wholly or not at all. */
export type Store = {
  /**
   * Judges each candidate by what is remembered of its agent, and appends the accepted ones with
   * their replay records. When it resolves, they are synced to disk (protocol section 3). Of an
   * accepted report that may be a moment signed again, and is filed already, only the replay record
   * and the tick are kept.
   */
  readonly append: (
    candidates: readonly Candidate[],
    judge: (candidate: Candidate, member: Member) => Verdict,
  ) => Promise<readonly Verdict[]>
  /** Registers an agent, or finds the one that holds this key already; null id: one is issued. */
  readonly register: (asked: Registrant) => Promise<RegisterOutcome>
  /** The agent itself, without its reports. */
  readonly findAgent: (agentId: string) => Promise<AgentRecord | undefined>
  /** All agents, by host name. */
  readonly listAgents: () => Promise<readonly AgentRecord[]>
  readonly findReport: (seq: number) => Promise<StoredReport | undefined>
  /** Reports that inference has not seen, in order. */
  readonly readUninferred: (limit: number) => Promise<readonly StoredReport[]>
  /** Commits what inference made of the reports up to `throughSeq`. */
  readonly commitInference: (changes: readonly Change[], throughSeq: number) => Promise<void>
  /** What inference knew when it last committed. */
  readonly loadInterfaces: () => Promise<readonly InterfaceFacts[]>
  readonly setStatus: (agentId: string, status: MemberStatus, act: Act) => Promise<boolean>
  /** Forgets an agent, or all; nonces stay, so that nothing old can be replayed. The number forgotten. */
  readonly reset: (agentId: string | 'fleet', act: Act) => Promise<number>
  /**
   * Deletes at most `slice` of the oldest reports that are older than `before` (ms) or over the
   * size bound, never the one that an agent's facts come from. The number deleted; 0 when there is
   * nothing left to do.
   */
  readonly prune: (before: number, maxBytes: number, slice: number) => Promise<number>
  readonly close: () => Promise<void>
}

export type Registrant = {
  readonly agentId: string | null
  /** Proved by a right signature; null when the registration carried none. */
  readonly publicKey: string | null
  readonly newStatus: 'active' | 'pending'
  readonly at: number
}

export type RegisterOutcome =
  | { readonly kind: 'registered'; readonly agentId: string; readonly status: MemberStatus }
  | { readonly kind: 'other_key' }
