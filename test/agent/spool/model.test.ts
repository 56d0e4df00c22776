import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../../../src/agent/snapshot.js'
import { encodeRecord, MAX_RECORD_BYTES } from '../../../src/agent/spool/record.js'
import { openSpool } from '../../../src/agent/spool/spool.js'
import { createRecordingLog } from '../../core/recording-log.js'
import { makeSnapshot } from './snapshots.js'
import { BLOCK, blocksOf, createSpoolModel } from './spool-model.js'

const BOUNDS = { maxBytes: 6 * BLOCK, maxAgeMs: 1000 }
const START = 1_000_000
const FOREIGN = 'notes.txt'
const LEFTOVER = '.00000000000000aa.tmp'

/** Ways to spoil a file; what is on disk then differs from what was known when it was opened. */
const DAMAGES = {
  cut: (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  emptied: (path) => truncateSync(path, 0),
  garbled: (path) =>
    writeFileSync(
      path,
      readFileSync(path).map((byte, i) => (i % 100 === 50 ? ~byte : byte)),
    ),
  extended: (path) => writeFileSync(path, 'more', { flag: 'a' }),
  grown: (path) => truncateSync(path, MAX_RECORD_BYTES + 1),
  deleted: (path) => rmSync(path, { force: true }),
  replaced: (path, other) => copyFileSync(other, path),
} satisfies Record<string, (path: string, other: string) => void>

type Step =
  | { readonly kind: 'put'; readonly agoMs: number; readonly weight: number }
  | { readonly kind: 'oldest' | 'clear' | 'reopen' | 'litter' }
  | { readonly kind: 'remove'; readonly at: number }
  | { readonly kind: 'damage'; readonly at: number; readonly how: keyof typeof DAMAGES }
  | { readonly kind: 'pass'; readonly ms: number }

const at = fc.nat(5)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      agoMs: fc.oneof(fc.constant(0), fc.integer({ min: -200, max: 1100 })),
      weight: fc.constantFrom(0, 0, 2 * BLOCK, 7 * BLOCK),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('oldest' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('reopen' as const, 'litter' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('damage' as const),
      at,
      how: fc.constantFrom(...(Object.keys(DAMAGES) as (keyof typeof DAMAGES)[])),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: -100, max: 600 }) }),
  },
)

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Takes the same steps with a real spool and with the model, and compares the two after each. */
async function compare(directory: string, steps: readonly Step[]): Promise<void> {
  let now = START
  let sequence = 0
  const open = () => openSpool(directory, BOUNDS, { now: () => now }, createRecordingLog().log)
  let spool = await open()
  const model = createSpoolModel(BOUNDS)
  const records = () =>
    readdirSync(directory)
      .filter((name) => name !== FOREIGN && name !== LEFTOVER)
      .toSorted()

  const put = async (snapshot: Snapshot) => {
    const before = new Set(records())
    const blocks = blocksOf((await encodeRecord('', snapshot)).length)
    const isKept = model.put(now, snapshot.collectedAt, blocks)
    expect(await spool.put(snapshot)).toBe(isKept)
    const name = records().find((one) => !before.has(one))
    expect(name !== undefined).toBe(isKept)
    const { hostname, collectedAt } = snapshot
    if (name) model.add({ name, hostname, collectedAt, blocks, isDamaged: false })
  }

  const damage = (index: number, how: keyof typeof DAMAGES) => {
    const name = model.kept()[index]?.name
    const other = records().find((one) => one !== name)
    if (!name || !records().includes(name) || !other) return
    const path = join(directory, name)
    const was = digest(path)
    DAMAGES[how](path, join(directory, other))
    if (!existsSync(path) || digest(path) !== was) model.damage(name)
  }

  const take = async (one: Step): Promise<void> => {
    switch (one.kind) {
      case 'put':
        return put(makeSnapshot(now - one.agoMs, `host-${sequence++}`, one.weight))
      case 'oldest': {
        const hostname = model.oldest(now)
        expect((await spool.oldest())?.snapshot.hostname).toBe(hostname)
        return
      }
      case 'remove': {
        const name = model.kept()[one.at]?.name ?? 'not-there'
        model.remove(name)
        return spool.remove(name)
      }
      case 'clear':
        model.clear()
        return spool.clear()
      case 'reopen': {
        const sizes = records().map((name) => [name, statSync(join(directory, name)).size] as const)
        model.reopen(now, new Map(sizes))
        spool = await open()
        expect(readdirSync(directory)).not.toContain(LEFTOVER)
        return
      }
      case 'litter':
        for (const name of [FOREIGN, LEFTOVER]) writeFileSync(join(directory, name), 'x'.repeat(9 * BLOCK))
        return
      case 'damage':
        return damage(one.at, one.how)
      case 'pass':
        now += one.ms
    }
  }

  for (const one of steps) {
    await take(one)
    expect(spool.figures()).toEqual(model.figures())
    const names = model.kept().map(({ name }) => name)
    // A file that somebody deleted is missed only when it is read.
    expect(records()).toEqual(names.filter((name) => existsSync(join(directory, name))))
  }
  if (steps.some(({ kind }) => kind === 'litter')) expect(readdirSync(directory)).toContain(FOREIGN)
}

/** In memory where there is such a place: each step syncs, and a busy disk says nothing of the list. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

describe('a spool', () => {
  test('is a sorted list with two bounds, whatever is done to it and to its files', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
        const directory = mkdtempSync(join(FOLDER, 'kattila-spool-'))
        await compare(directory, steps).finally(() => rmSync(directory, { recursive: true }))
      }),
      { numRuns: 50 },
    )
  })
})
