import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PskSource } from '../../../../src/core/node/psk/source.js'
import { folderForEachTest } from '../../temporary-folder.js'
import { A, B, createSource, HOUR, openStore, START, warningsOf } from './stored-secrets.js'

const folder = folderForEachTest()
let umask: number
beforeEach(() => {
  umask = process.umask(0)
})
afterEach(() => {
  process.umask(umask)
})
const keptAt = () => join(folder(), 'agent.keyring.json')
const open = (source: PskSource | undefined, startAt = START) => openStore(source, keptAt(), startAt)

test('the last good secret is kept for this user alone, whatever the umask', async () => {
  await (await open(createSource(A).source)).close()
  expect(statSync(keptAt()).mode & 0o777).toBe(0o600)
  expect(readFileSync(keptAt(), 'utf8')).toContain(Buffer.from(A).toString('base64'))
})

test('it serves while the source is silent, and that is told once', async () => {
  const { source, publish } = createSource(A)
  await (await open(source)).close()
  publish(undefined)
  const { store, clock, lines, accepted, close } = await open(source)
  expect(accepted()).toEqual([A])
  expect(store.unavailable()).toBe('nobody answers')
  await clock.advance(HOUR)
  expect(warningsOf(lines)).toEqual(['the fleet secret is unavailable; going on with the last good one'])
  publish(A)
  await clock.advance(10_000)
  expect(store.unavailable()).toBeNull()
  expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'the fleet secret is available again' })
  await close()
})

test('a secret from the environment is never written', async () => {
  await (await open(createSource(A, { kind: 'environment', refreshMs: null }).source)).close()
  expect(existsSync(keptAt())).toBe(false)
})

test('a secret from the environment stands alone, whatever was kept before', async () => {
  await (await open(createSource(A).source)).close()
  const { accepted, close } = await open(createSource(B, { kind: 'environment', refreshMs: null }).source)
  expect(accepted()).toEqual([B])
  await close()
})

const keyOf = (secret: string) => ({ secret, first_seen_at: 1, retired_at: null })
test.for([
  ['no JSON', 'no JSON'],
  ['a part', '{"schema":"kattila.keyring/1","keys":[{"secr'],
  ['nothing', ''],
  ['another schema', '{"schema":"kattila.keyring/9","keys":[]}'],
  ['an empty secret', JSON.stringify({ schema: 'kattila.keyring/1', keys: [keyOf('')] })],
  ['a short secret', JSON.stringify({ schema: 'kattila.keyring/1', keys: [keyOf('c2hvcnQ=')] })],
] as const)('%s in the file is survived with a warning, and replaced', async ([, content]) => {
  writeFileSync(keptAt(), content)
  const { lines, accepted, close } = await open(createSource(A).source)
  expect(accepted()).toEqual([A])
  expect(warningsOf(lines)).toEqual(['the kept fleet secrets cannot be read; going on without them'])
  await close()
  const again = await open(createSource(undefined).source)
  expect(again.accepted()).toEqual([A])
  await again.close()
})

test('a directory that cannot be written stops nothing', async () => {
  const path = join(folder(), 'not', 'there.json')
  const { lines, accepted, close } = await openStore(createSource(A).source, path)
  expect(accepted()).toEqual([A])
  expect(warningsOf(lines)).toEqual(['the fleet secret cannot be kept on disk'])
  await close()
})
