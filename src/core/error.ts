/** Exit statuses of every command, in one table (issue 2). The README repeats it; a test compares the two. */
export const EXIT_STATUS = {
  ok: 0,
  problem_found: 1,
  usage: 2,
  configuration: 3,
  secret_unavailable: 4,
  manager_unreachable: 5,
  report_rejected: 6,
  store: 7,
  internal: 70,
  interrupted: 130,
} as const

/** A way a command can end other than `ok`; the closed list of error codes. */
export type ErrorCode = Exclude<keyof typeof EXIT_STATUS, 'ok'>

/** What each exit status means, for `--help` texts and the README. */
export const EXIT_MEANING: Readonly<Record<keyof typeof EXIT_STATUS, string>> = {
  ok: 'ok',
  problem_found: 'a check found a problem',
  usage: 'usage',
  configuration: 'configuration',
  secret_unavailable: 'secret unavailable',
  manager_unreachable: 'manager unreachable',
  report_rejected: 'report rejected',
  store: 'store',
  internal: 'internal',
  interrupted: 'interrupted',
}

/**
 * An operational failure a person can act on: `message` says what happened to what and why,
 * `suggestion` what to do next. Anything thrown that is not a KattilaError is a bug.
 */
export class KattilaError extends Error {
  override readonly name = 'KattilaError'
  readonly code: ErrorCode
  readonly suggestion: string | undefined

  constructor(code: ErrorCode, message: string, options: { suggestion?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.suggestion = options.suggestion
  }
}

/** The message of anything thrown, for building a sentence around it. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
