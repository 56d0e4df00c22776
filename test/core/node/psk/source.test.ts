import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ResolveTxt } from '../../../../src/core/node/dns.js'
import { generatePsk } from '../../../../src/core/node/psk/generate.js'
import { findPskSource } from '../../../../src/core/node/psk/source.js'
import { resolveSettings } from '../../../../src/core/settings.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kattila-psk-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const noDns: ResolveTxt = () => Promise.reject(new Error('DNS is not to be asked'))
const answering =
  (...records: string[][]): ResolveTxt =>
  () =>
    Promise.resolve({ kind: 'records', records })

function find(values: Record<string, string>, resolveTxt = noDns) {
  const layer = { name: 'the environment', values: { KATTILA_DATA_DIR: join(folder, 'data'), ...values } }
  return findPskSource(resolveSettings([layer], { stateHome: folder, dataHome: folder }), resolveTxt)
}
async function read(values: Record<string, string>, resolveTxt = noDns) {
  const reading = await find(values, resolveTxt)?.read()
  return reading?.kind === 'secret' ? Buffer.from(reading.secret).toString('utf8') : reading?.why
}

describe('the order', () => {
  const all = { KATTILA_PSK: 'from the environment', KATTILA_PSK_FILE: '/nowhere', DNS: 'psk.example' }

  test('is KATTILA_PSK, KATTILA_PSK_FILE, DNS, and then the generated one', async () => {
    expect(find(all)).toMatchObject({ kind: 'environment', where: 'KATTILA_PSK from the environment' })
    expect(find({ ...all, KATTILA_PSK: '' })).toMatchObject({ kind: 'file', where: '/nowhere' })
    expect(find({ DNS: 'psk.example' })).toMatchObject({ kind: 'dns', where: 'TXT record of psk.example' })
    const data = join(folder, 'generated')
    expect(find({ KATTILA_DATA_DIR: data })).toBeUndefined()
    const settings = resolveSettings([{ name: 'x', values: { KATTILA_DATA_DIR: data } }], {
      stateHome: '',
      dataHome: '',
    })
    const path = await generatePsk(settings)
    expect(find({ KATTILA_DATA_DIR: data })).toMatchObject({ kind: 'generated', where: path })
  })

  test('is kept where the stronger one cannot be read', async () => {
    expect(await read({ ...all, KATTILA_PSK: '' }, answering(['from the name server']))).toContain('ENOENT')
  })
})

describe('the environment', () => {
  test('gives the bytes of its text, and is not read again', async () => {
    expect(await read({ KATTILA_PSK: ' "pähkinä" ' })).toBe(' "pähkinä" ')
    expect(find({ KATTILA_PSK: 'x' })?.refreshMs).toBeNull()
  })
})

describe('a file', () => {
  const fileWith = (content: string | Buffer) => {
    const path = join(folder, 'psk')
    writeFileSync(path, content)
    return { KATTILA_PSK_FILE: path }
  }

  test.for([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    ['secret \n', 'secret '],
    ['"secret"', '"secret"'],
    ['secret\r', 'secret\r'],
    ['\n', ''],
    ['', ''],
  ] as const)('of %j holds %j: one line end is no part of it', async ([content, secret]) => {
    expect(await read(fileWith(content))).toBe(secret)
  })

  test('may hold any bytes', async () => {
    const bytes = Buffer.from([0, 255, 254, 10, 13, 1])
    expect(await find(fileWith(bytes))?.read()).toMatchObject({ kind: 'secret', secret: bytes })
  })

  test('tells since when it holds the secret', async () => {
    const values = fileWith('secret')
    utimesSync(values.KATTILA_PSK_FILE, 1_700_000_000, 1_700_000_000)
    expect(await find(values)?.read()).toMatchObject({ publishedAt: 1_700_000_000_000 })
  })

  test('that is a directory, or not there, is unavailable with its reason', async () => {
    expect(await read({ KATTILA_PSK_FILE: folder })).toContain('EISDIR')
    expect(await read({ KATTILA_PSK_FILE: join(folder, 'none') })).toContain('ENOENT')
  })
})

describe('a name', () => {
  test('gives the secret of its record, hourly', async () => {
    expect(await read({ DNS: 'psk.example' }, answering(['kattila-psk=', 'secret'], ['v=spf1']))).toBe(
      'secret',
    )
    expect(find({ DNS: 'psk.example' })?.refreshMs).toBe(3_600_000)
  })

  test('that is undecidable, or cannot be asked, is unavailable with its reason', async () => {
    expect(await read({ DNS: 'psk.example' }, answering(['a'], ['b']))).toContain('psk.example: it has 2 TXT')
    const failing: ResolveTxt = () => Promise.resolve({ kind: 'failed', why: 'no name server' })
    expect(await read({ DNS: 'psk.example' }, failing)).toBe('no name server')
  })
})

describe('a generated secret', () => {
  const settings = () =>
    resolveSettings([{ name: 'x', values: { KATTILA_DATA_DIR: join(folder, 'fresh') } }], {
      stateHome: '',
      dataHome: '',
    })

  test('has 256 random bits, in a file for this user alone', async () => {
    const path = await generatePsk(settings())
    expect(await read({ KATTILA_DATA_DIR: join(folder, 'fresh') })).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is not made again where there is one', async () => {
    const before = await read({ KATTILA_DATA_DIR: join(folder, 'fresh') })
    await generatePsk(settings())
    expect(await read({ KATTILA_DATA_DIR: join(folder, 'fresh') })).toBe(before)
  })
})
