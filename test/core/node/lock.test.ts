import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockDirectory } from '../../../src/core/node/lock.js'
import { folderForEachTest } from '../temporary-folder.js'

const folder = folderForEachTest()
const lockPath = () => join(folder(), 'agent.lock')
const lock = () => lockDirectory(folder(), 'agent', 'KATTILA_STATE_DIR')

/** `pid starttime` as proc(5) tells it, of a process that is alive. */
function markOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}

async function deadMark(): Promise<string> {
  const child = spawn('sleep', ['60'])
  const mark = markOf(child.pid ?? 0)
  const ended = new Promise((resolve) => child.on('exit', resolve))
  child.kill('SIGKILL')
  await ended
  return mark
}

test('a lock is a private file that names its holder, and goes when it is let go', async () => {
  const unlock = await lock()
  expect(readFileSync(lockPath(), 'utf8')).toBe(markOf(process.pid))
  expect(statSync(lockPath()).mode & 0o777).toBe(0o600)
  await unlock()
  expect(readdirSync(folder())).toEqual([])
})

test('a second one is refused with the holder, the directory and the way out', async () => {
  const unlock = await lock()
  await expect(lock()).rejects.toMatchObject({
    code: 'configuration',
    message: `another agent (process ${process.pid}) uses ${folder()}`,
    suggestion: expect.stringContaining('KATTILA_STATE_DIR'),
  })
  await unlock()
  await (await lock())()
})

test('agent and manager may share a directory', async () => {
  const unlock = await lock()
  const unlockManager = await lockDirectory(folder(), 'manager', 'KATTILA_DATA_DIR')
  await Promise.all([unlock(), unlockManager()])
})

test('of a live process in another program it is refused', async () => {
  const child = spawn('sleep', ['60'])
  writeFileSync(lockPath(), markOf(child.pid ?? 0))
  await expect(lock()).rejects.toThrow(`process ${child.pid}`)
  child.kill('SIGKILL')
})

test('of a dead process it is taken over', async () => {
  writeFileSync(lockPath(), await deadMark())
  const unlock = await lock()
  expect(readFileSync(lockPath(), 'utf8')).toBe(markOf(process.pid))
  expect(readdirSync(folder())).toEqual(['agent.lock'])
  await unlock()
})

test('of an earlier process with a number that lives again it is taken over', async () => {
  writeFileSync(lockPath(), `${process.pid} 1`)
  await (await lock())()
})

test.for(['', 'nonsense', '0', '-1 5', '999999999 1'])('with %j in it, it is taken over', async (content) => {
  writeFileSync(lockPath(), content)
  await (await lock())()
  expect(existsSync(lockPath())).toBe(false)
})

test('a process that died while it took over is no obstacle', async () => {
  writeFileSync(lockPath(), await deadMark())
  writeFileSync(`${lockPath()}.takeover`, await deadMark())
  const unlock = await lock()
  expect(readdirSync(folder())).toEqual(['agent.lock'])
  await unlock()
})

test('of twenty that find a dead one’s lock at once, one gets it', async () => {
  const dead = await deadMark()
  for (let round = 0; round < 20; round++) {
    writeFileSync(lockPath(), dead)
    const taken = await Promise.allSettled(Array.from({ length: 20 }, lock))
    const unlocks = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(unlocks).toHaveLength(1)
    expect(readFileSync(lockPath(), 'utf8')).toBe(markOf(process.pid))
    await unlocks[0]?.()
    expect(readdirSync(folder())).toEqual([])
  }
})

test('a directory that was removed meanwhile is no obstacle to letting go', async () => {
  const directory = join(folder(), 'state')
  mkdirSync(directory)
  const unlock = await lockDirectory(directory, 'agent', 'KATTILA_STATE_DIR')
  rmSync(directory, { recursive: true })
  await unlock()
})

test('a directory that cannot be written is an error with the way out', async () => {
  await expect(lockDirectory(join(folder(), 'none'), 'agent', 'KATTILA_STATE_DIR')).rejects.toMatchObject({
    code: 'configuration',
    suggestion: expect.stringContaining('KATTILA_STATE_DIR'),
  })
})
