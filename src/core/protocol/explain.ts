import type { Psk } from './mac.js'
import { CHECKS, type Check, UNKNOWN_MEMBER } from './verdict.js'
import { verifyReport } from './verify.js'

export type CheckResult = {
  readonly check: Check
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly message: string
  /** The code a manager would answer with. */
  readonly code?: string
  readonly path?: string
}

const MEANING: Readonly<Record<Check, string>> = {
  size: 'at most 1 MiB',
  shape: 'an envelope of version 1 with every field',
  mac: 'a known fleet secret makes its MAC',
  data: 'data is JSON of at most 16 levels',
  schema: 'data is a report',
  agent_id: 'agent_id inside and outside data agree',
  clock: 'signed within 10 minutes of this clock',
  identity: 'the signature is by the key it carries; whether a manager pinned another is not known here',
  relay_path: 'it came directly',
  replay: 'only a manager knows the nonces and ticks it has seen',
}

/** Every check of a report with its outcome, as far as a file can tell: what needs a manager's memory is skipped. */
export function explainReport(
  bytes: Uint8Array,
  keys: readonly Psk[],
  now: number,
): { isGood: boolean; checks: readonly CheckResult[] } {
  const verdict = verifyReport(bytes, { keys, now, hop: undefined, mayRegister: true }, () => UNKNOWN_MEMBER)
  // The hop header of a forwarded envelope travels outside it, so its absence from a file proves nothing.
  const isHopMissing = verdict.kind === 'refused' && verdict.code === 'bad_hop'
  const failed = verdict.kind === 'refused' && !isHopMissing ? verdict : undefined
  const failedAt = failed ? CHECKS.indexOf(failed.check) : CHECKS.length
  const checks = CHECKS.map((check, i): CheckResult => {
    if (failed && i === failedAt) {
      return {
        check,
        result: 'failed',
        message: failed.message,
        code: failed.code,
        ...(failed.path === undefined ? {} : { path: failed.path }),
      }
    }
    if (i > failedAt) return { check, result: 'skipped', message: 'not looked at, an earlier check failed' }
    if (check === 'relay_path' && isHopMissing)
      return { check, result: 'skipped', message: 'its hop header is not part of the file' }
    if (check === 'replay') return { check, result: 'skipped', message: MEANING.replay }
    return { check, result: 'passed', message: MEANING[check] }
  })
  return { isGood: !failed, checks }
}
