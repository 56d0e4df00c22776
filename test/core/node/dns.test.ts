import { afterEach, expect, test } from 'vitest'
import { parseTxtSecret } from '../../../src/core/keyring.js'
import { createTxtResolver } from '../../../src/core/node/dns.js'
import { type DnsServer, openDnsServer, type Reply } from './dns-server.js'

const servers: DnsServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const NAME = '_kattila.example.org'
async function resolve(reply: Reply) {
  const server = await openDnsServer(reply)
  servers.push(server)
  return { answer: await createTxtResolver([server.address])(NAME), queries: server.queries }
}
const records = (...texts: (string | Buffer)[][]): Reply => ({
  kind: 'records',
  records: texts.map((chunks) => chunks.map((chunk) => Buffer.from(chunk as string))),
})
async function secretOf(reply: Reply) {
  const { answer } = await resolve(reply)
  const parsed = answer.kind === 'records' ? parseTxtSecret(answer.records) : undefined
  return parsed?.kind === 'secret' ? Buffer.from(parsed.secret).toString('utf8') : undefined
}

test('the one record of a name is the secret', async () => {
  const { answer, queries } = await resolve(records(['correct horse battery']))
  expect(answer).toEqual({ kind: 'records', records: [['correct horse battery']] })
  expect(queries).toEqual([{ name: NAME, transport: 'udp' }])
})

test('of several records the prefixed one is the secret', async () => {
  expect(await secretOf(records(['v=spf1 -all'], ['kattila-psk=correct horse'], ['x=y']))).toBe(
    'correct horse',
  )
})

test('a secret over 255 bytes comes in chunks and is joined', async () => {
  const secret = '0123456789abcdef'.repeat(40)
  const chunks = [`kattila-psk=${secret.slice(0, 243)}`, secret.slice(243, 498), secret.slice(498)]
  expect(await secretOf(records(chunks))).toBe(secret)
})

test('one pair of quotes is stripped from what a zone file left', async () => {
  expect(await secretOf(records(['"correct horse battery"']))).toBe('correct horse battery')
})

test('bytes beyond ASCII arrive as they were published', async () => {
  expect(await secretOf(records(['kattila-psk=pähkinä 😀 ñ']))).toBe('pähkinä 😀 ñ')
  const { answer } = await resolve(records([Buffer.from([0x80, 0xff, 0x00, 0x41])]))
  expect(answer).toEqual({ kind: 'records', records: [['\u0080\u00ff\u0000A']] })
})

test('an answer too long for UDP is asked for again over TCP', async () => {
  const { answer, queries } = await resolve({
    kind: 'records',
    records: [[Buffer.from('correct horse battery')]],
    overTcp: true,
  })
  expect(answer).toMatchObject({ kind: 'records', records: [['correct horse battery']] })
  expect(queries.map(({ transport }) => transport)).toEqual(['udp', 'tcp'])
})

test.for([
  [3, 'the name does not exist'],
  [0, 'the name has no TXT record'],
  [2, 'the name server failed'],
  [5, 'the name server refused'],
] as const)('response code %i: %s', async ([code, why]) => {
  const { answer } = await resolve({ kind: 'code', code })
  expect(answer).toEqual({ kind: 'failed', why: `${NAME}: ${why}` })
})

test('a silent name server is given up on after two tries of 2 s', async () => {
  const startedAt = performance.now()
  const { answer, queries } = await resolve({ kind: 'silence' })
  const tookMs = performance.now() - startedAt
  expect(answer).toEqual({ kind: 'failed', why: `${NAME}: no name server answered in time` })
  expect(queries).toHaveLength(2)
  expect(tookMs).toBeGreaterThan(2_500)
  expect(tookMs).toBeLessThan(5_000)
})

test('a port without a name server is told', async () => {
  const server = await openDnsServer({ kind: 'silence' })
  await server.close()
  const answer = await createTxtResolver([server.address])(NAME)
  expect(answer).toEqual({
    kind: 'failed',
    why: `${NAME}: no name server listens at the configured address`,
  })
})

test('the second name server is asked when the first one is silent', async () => {
  const silent = await openDnsServer({ kind: 'silence' })
  const good = await openDnsServer(records(['correct horse battery']))
  servers.push(silent, good)
  const answer = await createTxtResolver([silent.address, good.address])(NAME)
  expect(answer).toMatchObject({ kind: 'records' })
})
