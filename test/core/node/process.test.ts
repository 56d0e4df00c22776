import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../../src/core/node/process.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kattila-process-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function script(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
  return path
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function timed<T>(run: () => Promise<T>): Promise<readonly [T, number]> {
  const startedAt = performance.now()
  const result = await run()
  return [result, performance.now() - startedAt]
}

test('a command that ignores SIGTERM and never ends is killed', async () => {
  const hang = script('hang', `trap '' TERM; echo $$ >${join(folder, 'pid')}; while :; do sleep 0.1; done`)
  const [result, tookMs] = await timed(() => runCommand(hang, [], { timeoutMs: 300 }))
  expect(result).toEqual({ kind: 'timeout', timeoutMs: 300 })
  expect(tookMs).toBeLessThan(3_000)
  expect(isAlive(Number(readFileSync(join(folder, 'pid'), 'utf8')))).toBe(false)
})

test('a child that holds the output open after the command is not waited for', async () => {
  const leave = script('leave', `trap '' TERM; sleep 8 & while :; do sleep 0.1; done`)
  const [result, tookMs] = await timed(() => runCommand(leave, [], { timeoutMs: 300 }))
  expect(result).toEqual({ kind: 'timeout', timeoutMs: 300 })
  expect(tookMs).toBeLessThan(4_000)
})

test('an answer of 2 MB arrives whole', async () => {
  const result = await runCommand('sh', ['-c', 'head -c 2000000 /dev/zero | tr "\\0" x'])
  expect(result.kind === 'ok' && result.stdout.length).toBe(2_000_000)
})

test('an answer past the limit is too large', async () => {
  const result = await runCommand('sh', ['-c', 'head -c 2000000 /dev/zero | tr "\\0" x'], {
    maxBuffer: 1_000,
  })
  expect(result).toEqual({ kind: 'too_large', maxBuffer: 1_000 })
})

test('a command that does not exist is missing', async () => {
  expect(await runCommand('kattila-no-such-command', [])).toEqual({ kind: 'missing' })
})

test('another status than 0 comes with what was said on standard error', async () => {
  const result = await runCommand('sh', ['-c', 'echo printed; echo why >&2; exit 1'])
  expect(result).toEqual({ kind: 'exited', status: 1, stderr: 'why\n' })
})

test('a command ended by a signal failed', async () => {
  expect(await runCommand('sh', ['-c', 'kill -9 $$'])).toEqual({ kind: 'failed', reason: 'ended by SIGKILL' })
})

test('standard output is kept to its last newline', async () => {
  expect(await runCommand('echo', ['x'])).toEqual({ kind: 'ok', stdout: 'x\n' })
})

test('nothing is on standard input, and the locale is C', async () => {
  expect(await runCommand('sh', ['-c', 'cat; echo $LC_ALL'])).toEqual({ kind: 'ok', stdout: 'C\n' })
})

test('arguments are no shell', async () => {
  expect(await runCommand('echo', ['$HOME;', '`id`'])).toEqual({ kind: 'ok', stdout: '$HOME; `id`\n' })
})

test('the system directories are searched though PATH lacks them', async () => {
  const path = process.env.PATH
  process.env.PATH = '/usr/bin:/bin'
  try {
    expect(await runCommand('sh', ['-c', 'echo $PATH'])).toEqual({
      kind: 'ok',
      stdout: '/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin\n',
    })
  } finally {
    process.env.PATH = path
  }
})
