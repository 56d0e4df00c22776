import { readFile, statfs } from 'node:fs/promises'
import { cpus, hostname } from 'node:os'
import { type CommandLimits, type CommandResult, runCommand } from '../core/node/process.js'
import type { Host, HostFailure, HostFailureCode, HostResult } from './host.js'

/** How long a filesystem may take to say how full it is. */
const SPACE_TIMEOUT_MS = 2_000

/** The Linux machine this process runs on. */
export function createLinuxHost(limits: CommandLimits = {}): Host {
  return {
    run: async (command, args) =>
      toHostResult([command, ...args].join(' '), await runCommand(command, args, limits)),
    readText: (path) => attempt(`${path} could not be read`, () => readFile(path, 'utf8')),
    readSpace: createSpaceReader(),
    hostname,
    arch: () => process.arch,
    cpus: () => cpus().length,
  }
}

/** Of what a command printed, only the first line of its standard error gets into a message. */
export function toHostResult(command: string, result: CommandResult): HostResult<string> {
  switch (result.kind) {
    case 'ok':
      return { kind: 'ok', value: result.stdout }
    case 'exited':
      return failure(
        isRefusal(result.stderr) ? 'not_permitted' : 'failed',
        `\`${command}\` ended with status ${result.status}${firstLine(result.stderr)}`,
      )
    case 'missing':
      return failure('not_installed', `\`${command.split(' ')[0]}\` was not found on this host`)
    case 'not_permitted':
      return failure('not_permitted', `\`${command}\` may not be run by this user`)
    case 'timeout':
      return failure(
        'timeout',
        `\`${command}\` did not end within ${result.timeoutMs / 1000} s and was stopped`,
      )
    case 'too_large':
      return failure('too_large', `\`${command}\` printed more than ${result.maxBuffer} characters`)
    case 'failed':
      return failure('failed', `\`${command}\` could not be run: ${result.reason}`)
  }
}

/** `Unable to list interfaces: Permission denied` and `RTNETLINK answers: Operation not permitted`. */
function isRefusal(stderr: string): boolean {
  return /Permission denied|Operation not permitted/.test(stderr)
}

function firstLine(stderr: string): string {
  const line = stderr.split('\n', 1)[0]?.trim().slice(0, 200)
  return line ? `: ${line}` : ''
}

/**
 * A filesystem that does not answer blocks one of Node's few threads until it does, so while a
 * question is open no second one is put to the same mount.
 */
function createSpaceReader(): Host['readSpace'] {
  const open = new Map<string, ReturnType<typeof readSpace>>()
  return (mount) => {
    const answer = open.get(mount) ?? readSpace(mount).finally(() => open.delete(mount))
    open.set(mount, answer)
    return withTimeout(answer, () => noAnswer(mount))
  }
}

function readSpace(mount: string): Promise<HostResult<{ totalBytes: number; availableBytes: number }>> {
  return attempt(`the room on ${mount} could not be read`, async () => {
    const { bsize, blocks, bavail } = await statfs(mount)
    return { totalBytes: bsize * blocks, availableBytes: bsize * bavail }
  })
}

function noAnswer(mount: string): HostFailure {
  return failure('timeout', `the filesystem on ${mount} did not answer within ${SPACE_TIMEOUT_MS / 1000} s`)
}

async function withTimeout<T>(answer: Promise<T>, otherwise: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise()), SPACE_TIMEOUT_MS)
  })
  const first = await Promise.race([answer, late])
  clearTimeout(timer)
  return first
}

async function attempt<T>(what: string, read: () => Promise<T>): Promise<HostResult<T>> {
  try {
    return { kind: 'ok', value: await read() }
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return failure(ERRNO_CODES[errno] ?? 'failed', `${what} (${errno})`)
  }
}

const ERRNO_CODES: Readonly<Record<string, HostFailureCode>> = {
  ENOENT: 'not_found',
  EACCES: 'not_permitted',
  EPERM: 'not_permitted',
}

function failure(code: HostFailureCode, message: string): HostFailure {
  return { kind: 'failed', code, message }
}
