import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createPrivateFile,
  makePrivateDirectory,
  replacePrivateFile,
} from '../../../src/core/node/private-files.js'
import { folderForEachTest } from '../temporary-folder.js'
import { runTypescript, sourceUrl } from './run-typescript.js'

const folder = folderForEachTest()
const modeOf = (path: string) => statSync(path).mode & 0o777

test.for(['umask 0', 'umask 077', 'umask 0277'])(
  'under %s directories are 0700 and files 0600',
  async (before) => {
    const script = `
    import { createPrivateFile, makePrivateDirectory, replacePrivateFile } from '${sourceUrl('core/node/private-files.ts')}'
    const directory = process.argv[1] + '/a/b'
    await makePrivateDirectory(directory, 'KATTILA_STATE_DIR')
    await createPrivateFile(directory + '/created', 'x')
    await replacePrivateFile(directory + '/replaced', 'x')`
    expect(await runTypescript(script, { before, args: [folder()] })).toMatchObject({ status: 0, stderr: '' })
    expect(modeOf(join(folder(), 'a'))).toBe(0o700)
    expect(modeOf(join(folder(), 'a/b'))).toBe(0o700)
    expect(modeOf(join(folder(), 'a/b/created'))).toBe(0o600)
    expect(modeOf(join(folder(), 'a/b/replaced'))).toBe(0o600)
  },
)

describe('a directory', () => {
  test('that is there keeps its mode', async () => {
    chmodSync(folder(), 0o755)
    await makePrivateDirectory(folder(), 'KATTILA_STATE_DIR')
    expect(modeOf(folder())).toBe(0o755)
  })

  test('below a file, or in the place of one, is an error that names path, setting and fix', async () => {
    writeFileSync(join(folder(), 'file'), '')
    for (const path of [join(folder(), 'file'), join(folder(), 'file/below')]) {
      await expect(makePrivateDirectory(path, 'KATTILA_STATE_DIR')).rejects.toMatchObject({
        code: 'configuration',
        message: expect.stringContaining(`${path} cannot be written`),
        suggestion: expect.stringContaining('KATTILA_STATE_DIR'),
      })
    }
  })
})

describe('a file', () => {
  test('is created with its content and reports so', async () => {
    expect(await createPrivateFile(join(folder(), 'x'), 'content')).toBe(true)
    expect(readFileSync(join(folder(), 'x'), 'utf8')).toBe('content')
  })

  test('that exists is left alone', async () => {
    writeFileSync(join(folder(), 'x'), 'old', { mode: 0o644 })
    expect(await createPrivateFile(join(folder(), 'x'), 'new')).toBe(false)
    expect(readFileSync(join(folder(), 'x'), 'utf8')).toBe('old')
    expect(modeOf(join(folder(), 'x'))).toBe(0o644)
  })

  test('that is replaced becomes private', async () => {
    writeFileSync(join(folder(), 'x'), 'old', { mode: 0o644 })
    await replacePrivateFile(join(folder(), 'x'), Buffer.from('new'))
    expect(readFileSync(join(folder(), 'x'), 'utf8')).toBe('new')
    expect(modeOf(join(folder(), 'x'))).toBe(0o600)
  })

  test('created by twenty at once is created by one', async () => {
    const created = await Promise.all(
      Array.from({ length: 20 }, (_, i) => createPrivateFile(join(folder(), 'x'), `by ${i}`)),
    )
    expect(created.filter(Boolean)).toHaveLength(1)
    expect(readFileSync(join(folder(), 'x'), 'utf8')).toBe(`by ${created.indexOf(true)}`)
  })
})

describe('no temporary file is left', () => {
  test('after success', async () => {
    await createPrivateFile(join(folder(), 'a'), 'x')
    await createPrivateFile(join(folder(), 'a'), 'x')
    await replacePrivateFile(join(folder(), 'b'), 'x')
    expect(readdirSync(folder()).toSorted()).toEqual(['a', 'b'])
  })

  test('after a replacement that fails', async () => {
    mkdirSync(join(folder(), 'x'))
    await expect(replacePrivateFile(join(folder(), 'x'), 'x')).rejects.toThrow('EISDIR')
    expect(readdirSync(folder())).toEqual(['x'])
  })

  test('when the disk takes no more', async () => {
    const script = `
      import { createPrivateFile, replacePrivateFile } from '${sourceUrl('core/node/private-files.ts')}'
      for (const write of [createPrivateFile, replacePrivateFile])
        await write(process.argv[1] + '/x', 'content').catch((thrown) => console.log(thrown.code))`
    // A process that may write files of no size stands for a full disk.
    const ended = await runTypescript(script, { before: "trap '' XFSZ; ulimit -f 0", args: [folder()] })
    expect(ended).toEqual({ status: 0, stdout: 'EFBIG\nEFBIG\n', stderr: '' })
    expect(readdirSync(folder())).toEqual([])
  })
})

test('a directory that does not exist is an error of its own', async () => {
  await expect(createPrivateFile(join(folder(), 'none/x'), 'x')).rejects.toMatchObject({ code: 'ENOENT' })
  expect(existsSync(join(folder(), 'none'))).toBe(false)
})
