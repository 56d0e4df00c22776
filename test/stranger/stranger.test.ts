import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { makeHome, PSK, startManager } from '../e2e/kattila.js'

const client = join(import.meta.dirname, 'client.py')
const hasPython = spawnSync('python3', ['--version']).status === 0

describe.skipIf(!hasPython)('a client in another language (skipped where there is no python3)', () => {
  test('written from docs/protocol.md alone, is accepted and refused as the page says', async () => {
    const { url } = await startManager(makeHome())
    const env = { ...process.env, KATTILA_PSK: PSK }
    const { stdout, exitCode } = await execa('python3', [client, url], { env, reject: false })
    expect(stdout.split('\n').filter((line) => line.startsWith('not ok'))).toEqual([])
    expect(stdout).toMatch(/^[1-9]\d+ passed, 0 failed$/m)
    expect(exitCode).toBe(0)
  }, 60_000)
})
