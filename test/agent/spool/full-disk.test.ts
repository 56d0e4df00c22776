import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSpool } from '../../../src/agent/spool/spool.js'
import { createRecordingLog } from '../../core/recording-log.js'
import { folderForEachTest } from '../../core/temporary-folder.js'
import { drain, makeSnapshot } from './snapshots.js'

/** 64 pages, one of which is the root directory's. */
const SIZE = 'size=256k'
const BOUNDS = { maxBytes: 2 ** 26, maxAgeMs: 3_600_000 }
const LOST = 'snapshots cannot be kept on disk and are lost'
const AGAIN = 'snapshots are kept on disk again'
const ROOM = 'the disk is full: the oldest snapshots that wait are dropped'

const mount = (...args: string[]) => spawnSync('mount', args).status === 0
const unmount = (path: string) => spawnSync('umount', ['-l', path])

const canMount = (() => {
  const path = mkdtempSync(join(tmpdir(), 'kattila-mount-'))
  const did = mount('-t', 'tmpfs', '-o', SIZE, 'tmpfs', path)
  if (did) unmount(path)
  rmdirSync(path)
  return did
})()

describe.skipIf(!canMount)('a spool on a full disk (skipped where tmpfs cannot be mounted)', () => {
  const folder = folderForEachTest()
  const disk = () => join(folder(), 'disk')
  beforeEach(() => {
    mkdirSync(disk())
    expect(mount('-t', 'tmpfs', '-o', SIZE, 'tmpfs', disk())).toBe(true)
  })
  afterEach(() => {
    unmount(disk())
  })

  async function openOnDisk() {
    const { log, lines } = createRecordingLog()
    const directory = join(disk(), 'spool')
    const spool = await openSpool(directory, BOUNDS, { now: () => 0 }, log)
    let puts = 0
    const put = () => spool.put(makeSnapshot(puts++))
    /** Puts until the disk is full, so that every further one needs room. */
    const fill = async () => {
      while (spool.figures().dropped === 0) await put()
    }
    return { directory, spool, put, fill, messages: () => lines.map(({ message }) => message) }
  }

  test('keeps the newest, counts what had to go and tells once', async () => {
    const { directory, spool, put, messages } = await openOnDisk()
    for (let i = 0; i < 200; i++) expect(await put()).toBe(true)
    const { length, dropped } = spool.figures()
    expect(length).toBeGreaterThan(50)
    expect(length + dropped).toBe(200)
    expect(messages()).toEqual([ROOM])
    expect(readdirSync(directory)).toHaveLength(length)
    const times = (await drain(spool)).map(({ collectedAt }) => collectedAt)
    expect(times).toEqual(Array.from({ length }, (_, i) => dropped + i))
  })

  test('gives up on making room that is not gained, until a snapshot could be kept again', async () => {
    const { directory, spool, put, fill, messages } = await openOnDisk()
    await fill()
    const { length } = spool.figures()
    // What is open takes its space even when it is deleted.
    const files = readdirSync(directory).map((name) => openSync(join(directory, name), 'r'))
    for (let i = 0; i < 10; i++) expect(await put()).toBe(false)
    expect(spool.figures().length).toBe(length - 4)
    expect(spool.figures().dropped).toBe(1 + 4 + 10)
    for (const file of files) closeSync(file)
    expect(await put()).toBe(true)
    expect(messages()).toEqual([ROOM, LOST, AGAIN])
    expect(readdirSync(directory)).toHaveLength(length - 3)
    for (let i = 0; i < 10; i++) expect(await put()).toBe(true)
    expect(messages()).toHaveLength(3)
  })

  test('opens, counts, tells each change and recovers where even its directory cannot be made', async () => {
    expect(mount('-o', 'remount,nr_inodes=1', disk())).toBe(true)
    const { spool, put, messages } = await openOnDisk()
    for (let i = 0; i < 3; i++) expect(await put()).toBe(false)
    expect(mount('-o', 'remount,ro', disk())).toBe(true)
    for (let i = 0; i < 3; i++) expect(await put()).toBe(false)
    expect(mount('-o', 'remount,rw,nr_inodes=100', disk())).toBe(true)
    expect(await put()).toBe(true)
    expect(spool.figures()).toMatchObject({ length: 1, dropped: 6 })
    expect(messages()).toEqual([
      'the spool cannot be opened; what waits in it waits for the next start',
      LOST,
      LOST,
      AGAIN,
    ])
  })

  test('keeps what waits while the disk is read-only, and deletes later what was delivered meanwhile', async () => {
    const { spool, put, messages } = await openOnDisk()
    for (let i = 0; i < 3; i++) await put()
    expect(mount('-o', 'remount,ro', disk())).toBe(true)
    for (let i = 0; i < 3; i++) expect(await put()).toBe(false)
    await spool.remove((await spool.oldest())?.name ?? '')
    expect(spool.figures()).toMatchObject({ length: 2, oldestAt: 1, dropped: 3 })
    expect(mount('-o', 'remount,rw', disk())).toBe(true)
    expect(await put()).toBe(true)
    expect(messages()).toEqual([LOST, AGAIN])
    const reopened = (await openOnDisk()).spool
    expect((await drain(reopened)).map(({ collectedAt }) => collectedAt)).toEqual([1, 2, 6])
  })
})
