import { judgeReplay } from '../../../src/core/protocol/replay.js'
import type { Report } from '../../../src/core/protocol/report.js'
import type { Member, Verdict } from '../../../src/core/protocol/verdict.js'
import type { Candidate, Store } from '../../../src/manager/store/port.js'
import { envelopeOf, type Member as FleetMember, NOW, PSK, reportOf } from '../fleet.js'

/** An authentic report as ingest hands it to a store. */
export function candidateOf(
  member: FleetMember,
  change: Partial<Report> = {},
  { receivedAt = NOW, hmac }: { receivedAt?: number; hmac?: string } = {},
): Candidate {
  const report = reportOf(member, change)
  const envelope = envelopeOf(member, report, hmac === undefined ? {} : { hmac })
  return { authentic: { kind: 'authentic', envelope, content: report, psk: PSK }, hop: undefined, receivedAt }
}

/** The replay rule alone; pins the key that the report carries. */
export function judgeByReplay({ authentic }: Candidate, member: Member): Verdict {
  const { envelope, content: report, psk } = authentic
  const proof = { psk, agentId: report.agentId, nonce: report.nonce }
  const replay = judgeReplay(member, { nonce: report.nonce, hmac: envelope.hmac, tick: report.tick })
  if (replay === 'replayed' || replay === 'stale_tick')
    return { kind: 'refused', check: 'replay', code: replay, message: replay, proof }
  const pins = member.publicKey === null ? (report.publicKey ?? null) : null
  return { kind: replay === 'duplicate' ? 'duplicate' : 'accepted', envelope, report, proof, pins }
}

/** `accepted`, `duplicate` or the code of a refusal, in the order of the candidates. */
export async function appendTo(
  store: Store,
  ...candidates: readonly Candidate[]
): Promise<readonly string[]> {
  const verdicts = await store.append(candidates, judgeByReplay)
  return verdicts.map((verdict) => (verdict.kind === 'refused' ? verdict.code : verdict.kind))
}

/** Looks at what a store remembers of an agent, as a judge sees it; appends nothing. */
export async function lookAt<T>(
  store: Store,
  member: FleetMember,
  look: (remembered: Member) => T,
): Promise<T> {
  const seen: T[] = []
  const onlyLooking = new Error('only looking')
  await store
    .append([candidateOf(member)], (_, remembered) => {
      seen.push(look(remembered))
      throw onlyLooking
    })
    .catch((thrown) => {
      if (thrown !== onlyLooking) throw thrown
    })
  const [result] = seen
  if (seen.length === 0) throw new Error('the judge was not asked')
  return result as T
}
