import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatRecordName } from '../../../src/agent/spool/name.js'
import { openSpool } from '../../../src/agent/spool/spool.js'
import { createRecordingLog } from '../../core/recording-log.js'
import { folderForEachTest } from '../../core/temporary-folder.js'
import { createVirtualClock } from '../../core/virtual-clock.js'
import { drain, makeSnapshot } from './snapshots.js'

const NOW = 1_795_198_700_000
const BLOCK = 4096
const HOUR = 3_600_000
const BOUNDS = { maxBytes: 64 * 2 ** 20, maxAgeMs: 24 * HOUR }

const folder = folderForEachTest()
const directory = () => join(folder(), 'spool')

function rig(bounds: Partial<typeof BOUNDS> = {}) {
  const clock = createVirtualClock(NOW)
  const { log, lines } = createRecordingLog()
  const open = () => openSpool(directory(), { ...BOUNDS, ...bounds }, clock, log)
  return { clock, lines, open }
}

const timesOf = (snapshots: readonly { collectedAt: number }[]) =>
  snapshots.map(({ collectedAt }) => collectedAt - NOW)

describe('a spool', () => {
  test('is a private directory with private files, whatever the umask', async () => {
    const umask = process.umask(0)
    try {
      const spool = await rig().open()
      await spool.put(makeSnapshot(NOW))
    } finally {
      process.umask(umask)
    }
    expect(statSync(directory()).mode & 0o777).toBe(0o700)
    const [name = ''] = readdirSync(directory())
    expect(statSync(join(directory(), name)).mode & 0o777).toBe(0o600)
  })

  test('gives what was measured first, then what was put first, across a restart', async () => {
    const { open } = rig()
    const spool = await open()
    await spool.put(makeSnapshot(NOW - 1, 'b'))
    await spool.put(makeSnapshot(NOW - 1, 'c'))
    const reopened = await open()
    await reopened.put(makeSnapshot(NOW - 2, 'a'))
    await reopened.put(makeSnapshot(NOW - 1, 'd'))
    expect((await drain(reopened)).map(({ hostname }) => hostname)).toEqual(['a', 'b', 'c', 'd'])
    expect(reopened.figures()).toEqual({ length: 0, bytes: 0, oldestAt: null, dropped: 0 })
  })

  test('gives the same snapshot until it is removed', async () => {
    const spool = await rig().open()
    await spool.put(makeSnapshot(NOW))
    const first = await spool.oldest()
    expect(await spool.oldest()).toEqual(first)
  })

  test('carries out calls that overlap in the order they were made', async () => {
    const spool = await rig().open()
    const puts = Array.from({ length: 20 }, (_, i) => spool.put(makeSnapshot(NOW, `host-${i}`)))
    const [, drained] = await Promise.all([Promise.all(puts), drain(spool)])
    expect(drained.map(({ hostname }) => hostname)).toEqual(puts.map((_, i) => `host-${i}`))
  })

  test('counts a small record as the block it takes on disk', async () => {
    const spool = await rig().open()
    await spool.put(makeSnapshot(NOW))
    await spool.put(makeSnapshot(NOW, 'alpha', BLOCK))
    expect(spool.figures()).toEqual({ length: 2, bytes: 3 * BLOCK, oldestAt: NOW, dropped: 0 })
  })

  test('drops the oldest beyond its space, counts each and tells once', async () => {
    const { open, lines } = rig({ maxBytes: 3 * BLOCK })
    const spool = await open()
    for (const ms of [0, 1, 2, 3, 4]) expect(await spool.put(makeSnapshot(NOW + ms))).toBe(true)
    expect(spool.figures()).toMatchObject({ length: 3, dropped: 2 })
    expect(lines.map(({ message }) => message)).toEqual([
      'the spool is full: the oldest snapshots that wait are dropped',
    ])
    expect(timesOf(await drain(spool))).toEqual([2, 3, 4])
  })

  test('tells again that it is full once it was empty in between', async () => {
    const { open, lines } = rig({ maxBytes: BLOCK })
    const spool = await open()
    for (const ms of [0, 1]) await spool.put(makeSnapshot(NOW + ms))
    await drain(spool)
    for (const ms of [2, 3]) await spool.put(makeSnapshot(NOW + ms))
    expect(lines).toHaveLength(2)
  })

  test('drops what is older than its age when it is asked, written to or opened', async () => {
    const { clock, open, lines } = rig({ maxAgeMs: HOUR })
    const spool = await open()
    for (const ms of [0, 1, 2, 3]) await spool.put(makeSnapshot(NOW + ms))
    await clock.advance(HOUR + 1)
    expect((await spool.oldest())?.snapshot.collectedAt).toBe(NOW + 1)
    await clock.advance(1)
    await spool.put(makeSnapshot(clock.now()))
    expect(spool.figures()).toMatchObject({ length: 3, oldestAt: NOW + 2, dropped: 2 })
    await clock.advance(1)
    expect((await open()).figures()).toMatchObject({ length: 2, oldestAt: NOW + 3, dropped: 1 })
    expect(lines.map(({ message }) => message)).toEqual([
      'snapshots waited for too long and are dropped',
      'snapshots waited for too long and are dropped',
    ])
  })

  test('keeps everything that waits when one snapshot alone is beyond a bound', async () => {
    const spool = await rig({ maxBytes: 2 * BLOCK }).open()
    await spool.put(makeSnapshot(NOW))
    expect(await spool.put(makeSnapshot(NOW, 'large', 3 * BLOCK))).toBe(false)
    expect(await spool.put(makeSnapshot(NOW - BOUNDS.maxAgeMs - 1))).toBe(false)
    expect(spool.figures()).toMatchObject({ length: 1, dropped: 2 })
  })

  test('refuses a snapshot that is larger than any that could be read back', async () => {
    const spool = await rig().open()
    expect(await spool.put(makeSnapshot(NOW, 'x'.repeat(2 ** 23)))).toBe(false)
    expect(spool.figures()).toMatchObject({ length: 0, dropped: 1 })
  })

  test('that is opened with less space drops the oldest at once', async () => {
    const wide = await rig().open()
    for (const ms of [0, 1, 2]) await wide.put(makeSnapshot(NOW + ms))
    const narrow = await rig({ maxBytes: 2 * BLOCK }).open()
    expect(narrow.figures()).toEqual({ length: 2, bytes: 2 * BLOCK, oldestAt: NOW + 1, dropped: 1 })
  })

  test('forgets all, and nothing that is not in it', async () => {
    writeFileSync(join(folder(), 'tick'), '1')
    const spool = await rig().open()
    for (const ms of [0, 1, 2]) await spool.put(makeSnapshot(NOW + ms))
    await spool.remove('../tick')
    expect(spool.figures().length).toBe(3)
    await spool.clear()
    expect(spool.figures()).toEqual({ length: 0, bytes: 0, oldestAt: null, dropped: 0 })
    expect(readdirSync(directory())).toEqual([])
    expect(readdirSync(folder())).toContain('tick')
  })

  test('opens a day of records in less than 50 ms of work, without reading one', async () => {
    mkdirSync(directory())
    for (let sequence = 0; sequence < 2880; sequence++) {
      const name = formatRecordName({ collectedAt: NOW - sequence * 30_000, sequence })
      writeFileSync(join(directory(), name), 'no record at all')
    }
    const { open } = rig()
    // Not by the wall clock: what else runs on the machine is not its work.
    const workedMs: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = process.cpuUsage()
      const spool = await open()
      const { user, system } = process.cpuUsage(before)
      workedMs.push((user + system) / 1000)
      expect(spool.figures()).toMatchObject({ length: 2880, bytes: 2880 * BLOCK, dropped: 0 })
    }
    expect(Math.min(...workedMs)).toBeLessThan(50)
  })
})
