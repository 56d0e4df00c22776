import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatRecordName } from '../../../src/agent/spool/name.js'
import { openSpool } from '../../../src/agent/spool/spool.js'
import { createRecordingLog } from '../../core/recording-log.js'
import { folderForEachTest } from '../../core/temporary-folder.js'
import { createVirtualClock } from '../../core/virtual-clock.js'
import { drain, makeSnapshot } from './snapshots.js'

const NOW = 1_795_198_700_000
const BOUNDS = { maxBytes: 2 ** 26, maxAgeMs: 3_600_000 }

const folder = folderForEachTest()
const directory = () => join(folder(), 'spool')

function rig() {
  const { log, lines } = createRecordingLog()
  return { lines, open: () => openSpool(directory(), BOUNDS, createVirtualClock(NOW), log) }
}

describe('a spool whose directory was tampered with', () => {
  test('passes over damaged records, counts each, deletes them and tells in one line', async () => {
    const { open, lines } = rig()
    const spool = await open()
    for (const ms of [0, 1, 2, 3]) await spool.put(makeSnapshot(NOW + ms))
    const [torn = '', garbled = '', gone = ''] = readdirSync(directory()).toSorted()
    writeFileSync(join(directory(), torn), '')
    writeFileSync(join(directory(), garbled), 'x'.repeat(400))
    rmSync(join(directory(), gone))
    expect((await spool.oldest())?.snapshot.collectedAt).toBe(NOW + 3)
    expect(spool.figures()).toMatchObject({ length: 1, dropped: 3 })
    expect(readdirSync(directory())).toHaveLength(1)
    expect(lines).toEqual([
      {
        level: 'warn',
        fields: { directory: directory(), count: 3, file: torn, reason: 'its checksum does not match' },
        message: 'snapshots that waited are damaged and lost',
      },
    ])
  })

  test('cleans what a crash left, drops what no record can be, and leaves alone what is not its own', async () => {
    const { open, lines } = rig()
    await (await open()).put(makeSnapshot(NOW))
    const put = (name: string, content: string | Uint8Array = '') =>
      writeFileSync(join(directory(), name), content)
    put('.0123456789abcdef.tmp', 'half a rec')
    put('notes.txt')
    put('9999999999999999-0000000001.snapshot')
    mkdirSync(join(directory(), formatRecordName({ collectedAt: 1, sequence: 1 })))
    symlinkSync('/etc/hostname', join(directory(), formatRecordName({ collectedAt: 1, sequence: 2 })))
    const vast = formatRecordName({ collectedAt: NOW + 1, sequence: 3 })
    put(vast, new Uint8Array(2 ** 23 + 1))

    const spool = await open()
    expect(spool.figures()).toMatchObject({ length: 1, dropped: 1 })
    expect(readdirSync(directory())).toHaveLength(5)
    expect(readdirSync(directory())).not.toContain(vast)
    expect(lines.map(({ message, fields }) => [message, fields.count])).toEqual([
      ['files in the spool are not its own; they are left alone', 4],
      ['snapshots that waited are damaged and lost', 1],
    ])
    await spool.clear()
    expect(readdirSync(directory())).toHaveLength(4)
  })

  test('opens where no directory can be made, and keeps snapshots once one can', async () => {
    const { open, lines } = rig()
    writeFileSync(directory(), 'a file in the way')
    const spool = await open()
    for (const ms of [0, 1]) expect(await spool.put(makeSnapshot(NOW + ms))).toBe(false)
    rmSync(directory())
    expect(await spool.put(makeSnapshot(NOW + 2))).toBe(true)
    expect(spool.figures()).toMatchObject({ length: 1, dropped: 2 })
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'the spool cannot be opened; what waits in it waits for the next start'],
      ['error', 'snapshots cannot be kept on disk and are lost'],
      ['info', 'snapshots are kept on disk again'],
    ])
  })

  test('makes its directory again when somebody deleted it', async () => {
    const spool = await rig().open()
    await spool.put(makeSnapshot(NOW))
    rmSync(directory(), { recursive: true })
    expect(await spool.put(makeSnapshot(NOW + 1))).toBe(true)
    expect((await drain(spool)).map(({ collectedAt }) => collectedAt)).toEqual([NOW + 1])
  })
})
