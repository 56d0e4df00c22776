import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLinuxHost, toHostResult } from '../../src/agent/linux-host.js'

const host = createLinuxHost()
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kattila-host-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

test.each([
  [{ kind: 'ok', stdout: 'x' } as const, { kind: 'ok', value: 'x' }],
  [
    { kind: 'exited', status: 1, stderr: 'Unable to list interfaces: Permission denied\n' } as const,
    {
      kind: 'failed',
      code: 'not_permitted',
      message: '`ip -j x` ended with status 1: Unable to list interfaces: Permission denied',
    },
  ],
  [
    {
      kind: 'exited',
      status: 2,
      stderr: 'RTNETLINK answers: Operation not permitted\nDump terminated\n',
    } as const,
    {
      kind: 'failed',
      code: 'not_permitted',
      message: '`ip -j x` ended with status 2: RTNETLINK answers: Operation not permitted',
    },
  ],
  [
    { kind: 'exited', status: 255, stderr: '' } as const,
    { kind: 'failed', code: 'failed', message: '`ip -j x` ended with status 255' },
  ],
  [
    { kind: 'missing' } as const,
    { kind: 'failed', code: 'not_installed', message: '`ip` was not found on this host' },
  ],
  [
    { kind: 'not_permitted' } as const,
    { kind: 'failed', code: 'not_permitted', message: '`ip -j x` may not be run by this user' },
  ],
  [
    { kind: 'timeout', timeoutMs: 5_000 } as const,
    { kind: 'failed', code: 'timeout', message: '`ip -j x` did not end within 5 s and was stopped' },
  ],
  [
    { kind: 'too_large', maxBuffer: 10 } as const,
    { kind: 'failed', code: 'too_large', message: '`ip -j x` printed more than 10 characters' },
  ],
  [
    { kind: 'failed', reason: 'ended by SIGKILL' } as const,
    { kind: 'failed', code: 'failed', message: '`ip -j x` could not be run: ended by SIGKILL' },
  ],
])('a command that ended as %o is told as such', (ended, told) => {
  expect(toHostResult('ip -j x', ended)).toEqual(told)
})

test('a file is read, and one that is not there is not_found', async () => {
  expect(await host.readText('/proc/sys/kernel/ostype')).toEqual({ kind: 'ok', value: 'Linux\n' })
  expect(await host.readText(join(folder, 'none'))).toMatchObject({ kind: 'failed', code: 'not_found' })
  expect(await host.readText(folder)).toMatchObject({ kind: 'failed', code: 'failed' })
})

test('the room on a mount is in bytes', async () => {
  const space = await host.readSpace(folder)
  if (space.kind === 'failed') throw new Error(space.message)
  expect(space.value.totalBytes).toBeGreaterThan(1_000_000)
  expect(space.value.availableBytes).toBeLessThanOrEqual(space.value.totalBytes)
  expect(await host.readSpace(join(folder, 'none'))).toMatchObject({ kind: 'failed', code: 'not_found' })
})

test('a command of this machine answers', async () => {
  expect(await host.run('uname', ['-s'])).toEqual({ kind: 'ok', value: 'Linux\n' })
})
