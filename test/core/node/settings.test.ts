import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSettings } from '../../../src/core/node/settings.js'
import { folderForEachTest } from '../temporary-folder.js'

const folder = folderForEachTest()
let before: string
beforeEach(() => {
  before = process.cwd()
  process.chdir(folder())
})
// The folder goes after this, in the reverse order.
afterEach(() => {
  process.chdir(before)
})
const writeEnv = (text: string) => writeFileSync(join(folder(), '.env'), text)

test('a flag is before the environment, which is before .env', () => {
  writeEnv('KATTILA_FLEET=file\nKATTILA_HOST=file\nKATTILA_PORT=1\n')
  const env = { KATTILA_FLEET: 'environment', KATTILA_HOST: 'environment' }
  expect(readSettings({ KATTILA_FLEET: 'flag' }, env)).toMatchObject({
    fleet: 'flag',
    host: 'environment',
    port: 1,
    origins: { KATTILA_FLEET: 'a flag', KATTILA_HOST: 'the environment', KATTILA_PORT: '.env' },
  })
})

test('.env knows comments, quotes, export and empty values', () => {
  writeEnv(
    [
      '# a comment',
      'export KATTILA_FLEET="two words" # why',
      "KATTILA_LABELS='site=hel,plane=edge'",
      'KATTILA_HOST=',
      ' KATTILA_PORT = 7 ',
      '',
      'KATTILA_PSK="with # and = in it"',
    ].join('\r\n'),
  )
  expect(readSettings({}, {})).toMatchObject({
    fleet: 'two words',
    labels: { site: 'hel', plane: 'edge' },
    host: '127.0.0.1',
    port: 7,
    psk: 'with # and = in it',
  })
})

test('without .env there are defaults, below the directories of the XDG specification', () => {
  expect(readSettings({}, { HOME: '/home/x' })).toMatchObject({
    stateDir: '/home/x/.local/state/kattila',
    dataDir: '/home/x/.local/share/kattila',
  })
  expect(readSettings({}, { XDG_STATE_HOME: '/s', XDG_DATA_HOME: '/d' })).toMatchObject({
    stateDir: '/s/kattila',
    dataDir: '/d/kattila',
  })
})

test('a fault in .env names the file', () => {
  writeEnv('KATTILA_PORT=http\n')
  expect(() => readSettings({}, {})).toThrow('KATTILA_PORT="http" (from .env) is not a whole number')
})

test('a secret in .env is never quoted', () => {
  writeEnv('KATTILA_PSK=opensesame\nKATTILA_TOKEN=opensesame\nKATTILA_LOG=loud\n')
  expect(() => readSettings({}, {})).toThrow(/^((?!opensesame).)*$/)
})

test('a .env that cannot be read is a configuration error', () => {
  mkdirSync(join(folder(), '.env'))
  expect(() => readSettings({}, {})).toThrow(
    expect.objectContaining({
      code: 'configuration',
      message: expect.stringContaining('.env cannot be read'),
    }),
  )
})
