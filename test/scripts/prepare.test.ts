import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let clone: string

const write = (path: string, content: string) => writeFileSync(join(clone, path), content)
const read = (path: string) => readFileSync(join(clone, path), 'utf8')

const prepare = (env: Record<string, string> = {}) =>
  execa(process.execPath, [join(clone, 'scripts/prepare.mjs')], {
    reject: false,
    env: { ...env, npm_execpath: '' },
  })

/** A small clone: two sources, no packages but the compiler. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'kattila-prepare-'))
  for (const path of ['scripts/prepare.mjs', 'scripts/clone.mjs', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(root, path), join(clone, path))
  }
  mkdirSync(join(clone, 'src'))
  mkdirSync(join(clone, 'node_modules'))
  for (const name of ['typescript', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(clone, 'node_modules', name))
  }
  write('package.json', '{"name":"kattila","version":"0.1.0","type":"module"}')
  write('package-lock.json', '{"name":"kattila","version":"0.1.0","lockfileVersion":3,"packages":{"":{}}}')
  write('node_modules/.package-lock.json', '{"packages":{}}')
  write('src/a.ts', 'export const a: number = 1\n')
  write('src/b.ts', 'export const b: number = 2\n')
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

test('a new clone is built, with one line about it and nothing on stdout', async () => {
  const { stdout, stderr, exitCode } = await prepare()
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: '', stderr: 'kattila: building …', exitCode: 0 })
  expect(read('dist/a.js')).toBe('export const a = 1;\n')
})

test('a clone that lacks nothing is left alone in silence', async () => {
  await prepare()
  write('dist/a.js', '// mine')
  const { stdout, stderr, exitCode } = await prepare()
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: '', stderr: '', exitCode: 0 })
  expect(read('dist/a.js')).toBe('// mine')
})

test.each<[string, () => void]>([
  ['a changed source', () => write('src/a.ts', 'export const a: number = 3\n')],
  ['a new source', () => write('src/c.ts', 'export const c: number = 3\n')],
  [
    'a changed package.json',
    () => write('package.json', '{"name":"kattila","version":"0.2.0","type":"module"}'),
  ],
  ['a changed compiler setting', () => write('tsconfig.extra.json', '{}')],
  ['a lost build', () => rmSync(join(clone, 'dist'), { recursive: true })],
])('%s leads to a new build', async (_, change) => {
  await prepare()
  change()
  expect((await prepare()).stderr).toBe('kattila: building …')
})

test('a deleted source leaves the build', async () => {
  await prepare()
  rmSync(join(clone, 'src/b.ts'))
  await prepare()
  expect(existsSync(join(clone, 'dist/a.js'))).toBe(true)
  expect(existsSync(join(clone, 'dist/b.js'))).toBe(false)
})

test('a source that does not compile is named, fails each time and leaves the last good build', async () => {
  await prepare()
  write('src/a.ts', 'export const a: number = "one"\n')
  for (const _ of ['first', 'second']) {
    const { stdout, stderr, exitCode } = await prepare()
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
    expect(stderr).toMatch(/src\/a\.ts.*TS2322/)
    expect(stderr).toMatch(
      /the build failed: correct what the compiler names above, then run the command again$/,
    )
  }
  expect(read('dist/a.js')).toBe('export const a = 1;\n')
})

test('several runs at once share one build', async () => {
  const runs = await Promise.all([prepare(), prepare(), prepare(), prepare()])
  expect(runs.map((run) => run.exitCode)).toEqual([0, 0, 0, 0])
  expect(runs.filter((run) => run.stderr !== '').map((run) => run.stderr)).toEqual(['kattila: building …'])
  expect(existsSync(join(clone, '.build'))).toBe(false)
})

test('packages that cannot be installed are a sentence with the reason and the way on', async () => {
  const locked = { '': { dependencies: { hono: '4.0.0' } }, 'node_modules/hono': { version: '4.0.0' } }
  write('package.json', '{"name":"kattila","version":"0.1.0","dependencies":{"hono":"4.0.0"}}')
  write('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages: locked }))
  const { stdout, stderr, exitCode } = await prepare({
    npm_config_registry: 'http://127.0.0.1:1',
    npm_config_cache: join(clone, 'cache'),
    npm_config_fetch_retries: '0',
  })
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
  expect(stderr).toMatch(/^kattila: installing packages …\nkattila: npm ci failed in .*ECONNREFUSED/s)
  expect(stderr).toMatch(
    /see that the package registry is reachable and the disk not full, then run the command again$/,
  )
})

test('a clone with a broken lock file is a sentence, not a stack trace', async () => {
  write('package-lock.json', '{')
  const { stdout, stderr, exitCode } = await prepare()
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
  expect(stderr).toMatch(/^kattila: this clone cannot be prepared: .*then run the command again$/)
})
