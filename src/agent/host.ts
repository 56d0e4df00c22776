/** Why something could not be read from the host. */
export type HostFailureCode =
  | 'not_installed'
  | 'not_permitted'
  | 'timeout'
  | 'too_large'
  | 'not_found'
  | 'failed'

/** The `code` of a collector failure (protocol section 2): it could not be read, or not be understood. */
export type CollectorFailureCode = HostFailureCode | 'unparsable'

export type HostFailure = {
  readonly kind: 'failed'
  readonly code: HostFailureCode
  readonly message: string
}

export type HostResult<T> = { readonly kind: 'ok'; readonly value: T } | HostFailure

/** The machine that is looked at, as the collectors need it: real, from captures, or simulated. */
export type Host = {
  /** Standard output of a command that ended with status 0 within its time and size. */
  readonly run: (command: string, args: readonly string[]) => Promise<HostResult<string>>
  /** The text of a file under /proc, /sys or /etc. */
  readonly readText: (path: string) => Promise<HostResult<string>>
  /** Size and room of the filesystem mounted at a path, in bytes. */
  readonly readSpace: (mount: string) => Promise<HostResult<{ totalBytes: number; availableBytes: number }>>
  readonly hostname: () => string
  /** As `process.arch` says it: `x64`, `arm64`. */
  readonly arch: () => string
  readonly cpus: () => number
}
