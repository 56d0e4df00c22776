import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { onTestFinished } from 'vitest'

const LAUNCHER = join(import.meta.dirname, '../../bin/kattila')

/** A place of its own for one test: home, data and state directories, and nothing of this machine's settings. */
export type Home = { readonly directory: string; readonly env: NodeJS.ProcessEnv }

/** What a finished run left. */
export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

export type Running = {
  readonly child: ChildProcess
  /** Resolves with the first match in what it has printed so far or prints later; rejects when it ends before. */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
}

export const PSK = 'a-secret-of-the-end-to-end-tests'

/** Makes a home that goes with the test; `env` comes on top. */
export function makeHome(env: NodeJS.ProcessEnv = {}): Home {
  const directory = mkdtempSync(join(tmpdir(), 'kattila-e2e-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const { PATH } = process.env
  return {
    directory,
    env: {
      PATH,
      HOME: directory,
      XDG_DATA_HOME: join(directory, 'data'),
      XDG_STATE_HOME: join(directory, 'state'),
      KATTILA_PORT: '0',
      KATTILA_AGENT_PORT: '0',
      ...env,
    },
  }
}

/** Starts the real program through its launcher, in its home as working directory. */
export function start(home: Home, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(LAUNCHER, args, { cwd: home.directory, env: { ...home.env, ...env } })
  let stdout = ''
  let stderr = ''
  let hasEnded = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const look of waiting) look()
  }
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    wake()
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    wake()
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status) => {
      hasEnded = true
      wake()
      resolve({ status, stdout, stderr })
    })
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(stdout) ?? pattern.exec(stderr)
        if (!match && !hasEnded) return
        waiting.delete(look)
        if (match) resolve(match)
        else reject(new Error(`it ended without ${pattern}; it printed:\n${stdout}\n${stderr}`))
      }
      waiting.add(look)
      look()
    })
  return { child, printed, ended }
}

/** Runs the real program to its end; `input` is its standard input. */
export function run(home: Home, args: readonly string[], input = ''): Promise<Ended> {
  const { child, ended } = start(home, args)
  child.stdin?.end(input)
  return ended
}

/** Starts a manager on a free port and gives its URL. */
export async function startManager(
  home: Home,
  args: readonly string[] = [],
): Promise<Running & { url: string }> {
  const running = start(home, ['manager', 'serve', ...args], { KATTILA_PSK: PSK })
  const [, url = ''] = await running.printed(/"url":"([^"]+)"/)
  return { ...running, url }
}

/** The rows of a query over the manager's database, as another process sees it. */
export function readDatabase<T>(home: Home, sql: string): T[] {
  const db = new Database(join(home.directory, 'data/kattila/kattila_manager.db'), { readonly: true })
  try {
    return db.prepare(sql).all() as T[]
  } finally {
    db.close()
  }
}
