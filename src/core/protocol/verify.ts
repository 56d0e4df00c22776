import { admitReport } from './admit.js'
import { authenticateReport } from './authenticate.js'
import type { Admission, Member, Verdict } from './verdict.js'

/** Verification as one function: from the received bytes to a verdict, with what the receiver remembers. */
export function verifyReport(
  bytes: Uint8Array,
  admission: Admission,
  findMember: (agentId: string) => Member,
): Verdict {
  const authentic = authenticateReport(bytes, admission)
  return authentic.kind === 'refused'
    ? authentic
    : admitReport(authentic, findMember(authentic.content.agentId), admission)
}
