import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSpool } from '../../../src/agent/spool/spool.js'
import { createRecordingLog } from '../../core/recording-log.js'
import { folderForEachTest } from '../../core/temporary-folder.js'
import { drain } from './snapshots.js'

const BOUNDS = { maxBytes: 2 ** 26, maxAgeMs: 3_600_000 }
const folder = folderForEachTest()

/** Puts snapshots measured at 0, 1, 2, … and says each that is kept, until it is killed. */
const PUT_IN_A_LOOP = `
  import { writeSync } from 'node:fs'
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve: (specifier, context, next) =>
      next(context.parentURL?.includes('/src/') ? specifier.replace(/^(\\..*)\\.js$/, '$1.ts') : specifier, context),
  })
  const [directory, source] = process.argv.slice(1)
  const { openSpool } = await import(source)
  const say = () => {}
  const log = { debug: say, info: say, warn: say, error: say }
  const spool = await openSpool(directory, ${JSON.stringify(BOUNDS)}, { now: () => 0 }, log)
  for (let collectedAt = 0; ; collectedAt++) {
    const snapshot = { collectedAt, hostname: 'alpha', bootId: 'x'.repeat(10_000), sections: {}, failures: [] }
    if (await spool.put(snapshot)) writeSync(1, collectedAt + '\\n')
  }`

/** What the child said before it was killed, `afterMs` after its first word. */
function putUntilKilled(directory: string, afterMs: number): Promise<readonly number[]> {
  const source = new URL('../../../src/agent/spool/spool.ts', import.meta.url).href
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', PUT_IN_A_LOOP, '--', directory, source],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs))
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  return new Promise((resolve) => {
    child.on('close', () => resolve(said.trim().split('\n').map(Number)))
  })
}

describe('a spool whose agent is killed while it writes', () => {
  test('keeps all it said it keeps, in order, and at most the one in flight besides', async () => {
    const rounds = await Promise.all(
      [0, 3, 11, 29, 53, 80].map(async (afterMs, i) => {
        const directory = join(folder(), `spool-${i}`)
        const kept = await putUntilKilled(directory, afterMs)
        const spool = await openSpool(directory, BOUNDS, { now: () => 0 }, createRecordingLog().log)
        const leftovers = readdirSync(directory).filter((name) => !name.endsWith('.snapshot'))
        const found = (await drain(spool)).map(({ collectedAt }) => collectedAt)
        return { kept, found, leftovers, dropped: spool.figures().dropped }
      }),
    )
    for (const { kept, found, leftovers, dropped } of rounds) {
      expect(kept.length).toBeGreaterThan(0)
      expect(kept).toEqual(kept.map((_, i) => i))
      expect(found.slice(0, kept.length)).toEqual(kept)
      expect(found.slice(kept.length)).toEqual(found.length > kept.length ? [kept.length] : [])
      expect({ leftovers, dropped }).toEqual({ leftovers: [], dropped: 0 })
    }
  })
})
