import { randomBytes } from 'node:crypto'
import { chmodSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { makeHome, PSK, readDatabase, start } from './kattila.js'

/** The dumps of all captured hosts as one, every interface under a name of its own, and a preshared key more. */
function dumpOfEveryHost(): string {
  const captures = globSync(join(import.meta.dirname, '../fixtures/hosts/*/wg-show-all-dump.txt'))
  const lines = captures.flatMap((path, host) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `h${host}${line}`),
  )
  const key = () => randomBytes(32).toString('base64')
  const withPresharedKey = [
    `wg77\t${key()}\t${key()}\t51877\toff`,
    `wg77\t${key()}\t${key()}\t(none)\t10.77.0.2/32\t0\t0\t0\toff`,
  ]
  return `${[...lines, ...withPresharedKey].join('\n')}\n`
}

/** Every key that must stay on its host: column 2 of an interface's 5, column 3 of a peer's 9. */
function secretsOf(dump: string): string[] {
  return dump
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap((columns) => (columns.length === 5 ? [columns[1]] : [columns[2]]))
    .filter((key) => key !== undefined && key.length === 44) as string[]
}

test('no private or preshared key gets into any output, log, file or database', async () => {
  const home = makeHome({ KATTILA_PSK: PSK })
  const bin = join(home.directory, 'bin')
  mkdirSync(bin)
  const dump = dumpOfEveryHost()
  writeFileSync(join(bin, 'dump.txt'), dump)
  writeFileSync(join(bin, 'wg'), `#!/bin/sh\ncat '${join(bin, 'dump.txt')}'\n`)
  chmodSync(join(bin, 'wg'), 0o755)
  const runs = [
    ['sysinfo'],
    ['sysinfo', '--json'],
    ['dump'],
    ['up', '--once', '--log', 'debug'],
    ['up', '--once', '--json'],
  ]
  const outputs: string[] = []
  for (const args of runs) {
    const { status, stdout, stderr } = await start(home, args, { PATH: `${bin}:${home.env.PATH}` }).ended
    expect(status).toBe(0)
    outputs.push(stdout, stderr)
  }
  expect(outputs[2]).toMatch(/"psk_fingerprint": "[0-9a-f]{16}"/)

  const bodies = readDatabase<{ body: Buffer }>(home, 'SELECT body FROM reports').map(({ body }) =>
    gunzipSync(body).toString(),
  )
  expect(bodies).toHaveLength(2)
  const files = ['data/kattila', 'state/kattila'].flatMap((place) =>
    readdirSync(join(home.directory, place), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')),
  )
  const everything = [...outputs, ...bodies, ...files].join('\n')
  const secrets = secretsOf(dump)
  expect(secrets.length).toBeGreaterThan(12)
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([])
})
