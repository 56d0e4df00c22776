import { execa } from 'execa'

/** How a command ended; anything but `ok` is no answer. */
export type CommandResult =
  | { readonly kind: 'ok'; readonly stdout: string }
  /** Ended by itself with another status than 0. */
  | { readonly kind: 'exited'; readonly status: number; readonly stderr: string }
  | { readonly kind: 'missing' }
  /** The file is there and may not be executed. */
  | { readonly kind: 'not_permitted' }
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'too_large'; readonly maxBuffer: number }
  /** Not startable for another reason, or ended by somebody's signal. */
  | { readonly kind: 'failed'; readonly reason: string }

export type CommandLimits = { readonly timeoutMs?: number; readonly maxBuffer?: number }

/** Between SIGTERM and SIGKILL. */
const KILL_DELAY_MS = 500
/** After SIGKILL: what then still runs, or holds the output open through a child, is not waited for. */
const ABANDON_DELAY_MS = 500

/**
 * Runs a command without a shell and with nothing on its standard input, in the C locale. It is
 * over after `timeoutMs` (5 s) and about a second more, whatever the command does. `maxBuffer` is
 * in characters of standard output (64 Mi).
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs = 5_000, maxBuffer = 64 * 1024 * 1024 }: CommandLimits = {},
): Promise<CommandResult> {
  const subprocess = execa(command, args, {
    timeout: timeoutMs,
    forceKillAfterDelay: KILL_DELAY_MS,
    maxBuffer,
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    env: { LC_ALL: 'C', PATH: withSystemPaths(process.env.PATH) },
  })
  let abandon: NodeJS.Timeout | undefined
  const abandoned = new Promise<'abandoned'>((resolve) => {
    abandon = setTimeout(resolve, timeoutMs + KILL_DELAY_MS + ABANDON_DELAY_MS, 'abandoned')
  })
  const result = await Promise.race([subprocess, abandoned])
  clearTimeout(abandon)
  if (result === 'abandoned') {
    subprocess.stdout?.destroy()
    subprocess.stderr?.destroy()
    subprocess.nodeChildProcess.unref()
    return { kind: 'timeout', timeoutMs }
  }
  if (!result.failed) return { kind: 'ok', stdout: result.stdout }
  if (result.timedOut) return { kind: 'timeout', timeoutMs }
  if (result.isMaxBuffer) return { kind: 'too_large', maxBuffer }
  if (result.code === 'ENOENT') return { kind: 'missing' }
  if (result.code === 'EACCES' || result.code === 'EPERM') return { kind: 'not_permitted' }
  if (result.exitCode) return { kind: 'exited', status: result.exitCode, stderr: result.stderr }
  return {
    kind: 'failed',
    reason: result.signal ? `ended by ${result.signal}` : (result.code ?? 'not started'),
  }
}

/** Users other than root, and cron, often lack the directories where `ip` and `wg` are. */
function withSystemPaths(path: string | undefined): string {
  const own = path ? path.split(':') : ['/usr/bin', '/bin']
  return [...new Set([...own, '/usr/local/sbin', '/usr/sbin', '/sbin'])].join(':')
}
