import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Hono } from 'hono'
import { expect, onTestFinished, test } from 'vitest'
import { createAgentServer } from '../../../src/agent/server/follow-addresses.js'
import { openHttpClient } from '../../../src/core/node/http.js'
import { createRecordingLog } from '../../core/recording-log.js'

/** Another program on an address, on a port that is free there now. */
async function occupy(address: string, port = 0): Promise<{ port: number; leave: () => Promise<void> }> {
  const server: Server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve))
  const leave = () => new Promise<void>((resolve) => server.close(() => resolve()))
  onTestFinished(leave)
  return { port: (server.address() as AddressInfo).port, leave }
}

async function openServer() {
  const { port, leave } = await occupy('127.0.0.1')
  await leave()
  const { log, lines } = createRecordingLog()
  const app = new Hono().get('/', (c) => c.text('the agent'))
  const server = createAgentServer(app, port, log)
  const http = openHttpClient()
  onTestFinished(async () => {
    await server.close()
    http.close()
  })
  const answers = async (address: string) => {
    const answer = await http.send({ method: 'GET', url: `http://${address}:${port}/`, timeoutMs: 2000 })
    return answer.kind === 'answer' ? answer.body : answer.reason
  }
  const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields.address)
  return { server, port, answers, lines, warnings }
}

test('it answers on the addresses that it follows, and on no other', async () => {
  const { server, answers } = await openServer()
  await server.follow(['127.0.0.1', '127.0.0.2'])
  expect(await answers('127.0.0.1')).toBe('the agent')
  expect(await answers('127.0.0.2')).toBe('the agent')
  expect(await answers('127.0.0.3')).toBe('refused')
})

test('an address that appears is served from then on, one that vanishes no more, and the others all the time', async () => {
  const { server, port, answers, lines } = await openServer()
  await server.follow(['127.0.0.1', '127.0.0.2'])
  await server.follow(['127.0.0.1', '127.0.0.3'])
  expect(await Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(answers))).toEqual([
    ...['the agent', 'refused', 'the agent'],
  ])
  await server.follow(['127.0.0.1', '127.0.0.2'])
  expect(await answers('127.0.0.2')).toBe('the agent')
  expect(lines.map(({ fields }) => fields.url)).toEqual(
    ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.2'].map((address) => `http://${address}:${port}`),
  )
})

test('an address that two interfaces have is served once, without a word', async () => {
  const { server, answers, warnings } = await openServer()
  await server.follow(['127.0.0.1', '127.0.0.2', '127.0.0.2'])
  expect(await answers('127.0.0.2')).toBe('the agent')
  expect(warnings()).toEqual([])
})

test('a port in use is told once, tried again each time, and had as soon as it is free', async () => {
  const { server, port, answers, warnings } = await openServer()
  const other = await occupy('127.0.0.2', port)
  for (let i = 0; i < 3; i++) await server.follow(['127.0.0.1', '127.0.0.2'])
  expect(warnings()).toEqual(['127.0.0.2'])
  expect(await answers('127.0.0.1')).toBe('the agent')
  await other.leave()
  await server.follow(['127.0.0.1', '127.0.0.2'])
  expect(await answers('127.0.0.2')).toBe('the agent')
  await server.follow(['127.0.0.1'])
  await occupy('127.0.0.2', port)
  await server.follow(['127.0.0.1', '127.0.0.2'])
  expect(warnings()).toEqual(['127.0.0.2', '127.0.0.2'])
})

test('an address that this host does not have is told once, and costs the others nothing', async () => {
  const { server, answers, lines, warnings } = await openServer()
  // RFC 5737: an address for documentation.
  for (let i = 0; i < 3; i++) await server.follow(['192.0.2.1', '127.0.0.1'])
  expect(warnings()).toEqual(['192.0.2.1'])
  expect(lines.find(({ level }) => level === 'warn')?.fields.reason).toMatch(/EADDRNOTAVAIL/)
  expect(await answers('127.0.0.1')).toBe('the agent')
})

test('a connection that somebody keeps open holds up nobody for long', async () => {
  const { server, port, answers } = await openServer()
  await server.follow(['127.0.0.1', '127.0.0.2'])
  const kept = connect(port, '127.0.0.2')
  onTestFinished(() => void kept.destroy())
  await new Promise((resolve) => kept.once('connect', resolve))
  const startedAt = Date.now()
  await server.follow(['127.0.0.1'])
  expect(Date.now() - startedAt).toBeLessThan(1000)
  expect(await answers('127.0.0.2')).toBe('refused')
})

test('once closed it answers nowhere', async () => {
  const { server, answers } = await openServer()
  await server.follow(['127.0.0.1', '127.0.0.2'])
  await server.close()
  expect(await Promise.all(['127.0.0.1', '127.0.0.2'].map(answers))).toEqual(['refused', 'refused'])
})
