import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpClient, openHttpClient } from '../../../src/core/node/http.js'

let client: HttpClient
let closers: (() => void)[]
beforeEach(() => {
  client = openHttpClient()
  closers = []
})
afterEach(() => {
  client.close()
  for (const close of closers) close()
})

async function urlOf(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  const bound = server.address()
  return `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`
}
const serve = (listener: RequestListener) => urlOf(createServer(listener))
const get = (url: string, timeoutMs = 5000) => client.send({ method: 'GET', url, timeoutMs })
const post = (url: string, body: string) => client.send({ method: 'POST', url, body, timeoutMs: 5000 })

describe('an answer', () => {
  test('comes with status, headers and its whole text', async () => {
    const url = await serve((_, answer) => {
      answer.writeHead(409, { 'retry-after': '7' }).end('{"é":"😀"}')
    })
    expect(await get(url)).toMatchObject({
      kind: 'answer',
      status: 409,
      headers: { 'retry-after': '7' },
      body: '{"é":"😀"}',
    })
  })

  test('that redirects is handed over and not followed', async () => {
    let requests = 0
    const url = await serve((_, answer) => {
      requests++
      answer.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await get(url)).toMatchObject({ kind: 'answer', status: 307 })
    expect(requests).toBe(1)
  })

  test('over 64 MiB is broken off', async () => {
    const url = await serve((_, answer) => {
      const chunk = Buffer.alloc(1_048_576)
      const write = () => {
        while (!answer.destroyed && answer.write(chunk));
        answer.once('drain', write)
      }
      write()
    })
    expect(await get(url)).toMatchObject({ kind: 'failed', reason: 'broken' })
  })
})

describe('a request', () => {
  async function received(body: string): Promise<{ request: IncomingMessage; bytes: Buffer }> {
    let got: { request: IncomingMessage; bytes: Buffer } | undefined
    const url = await serve(async (request, answer) => {
      got = { request, bytes: await buffer(request) }
      answer.end()
    })
    await client.send({ method: 'POST', url, body, headers: { 'Kattila-Hop': 'v=1' }, timeoutMs: 5000 })
    if (!got) throw new Error('nothing was received')
    return got
  }

  test('carries its headers and a small body as it is', async () => {
    const { request, bytes } = await received('{"é":1}')
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '8',
      'kattila-hop': 'v=1',
    })
    expect(request.headers).not.toHaveProperty('content-encoding')
    expect(bytes.toString('utf8')).toBe('{"é":1}')
  })

  test('carries a large body compressed, with the length that travels', async () => {
    const body = JSON.stringify({ text: 'é'.repeat(5000) })
    const { request, bytes } = await received(body)
    expect(request.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(bytes.length),
    })
    expect(gunzipSync(bytes).toString('utf8')).toBe(body)
    expect(bytes.length).toBeLessThan(500)
  })

  test('goes over the connection of the one before', async () => {
    const ports = new Set<number | undefined>()
    const url = await serve((request, answer) => {
      ports.add(request.socket.remotePort)
      answer.end()
    })
    for (let i = 0; i < 3; i++) await post(url, '{}')
    expect(ports.size).toBe(1)
  })
})

describe('no answer', () => {
  test('where nothing listens is refused', async () => {
    const server = createServer()
    const url = await urlOf(server)
    server.close()
    await once(server, 'close')
    expect(await get(url)).toEqual({
      kind: 'failed',
      reason: 'refused',
      message: 'nothing listens there (connection refused)',
    })
  })

  test('in time is a time-out, before the headers and in the middle of the body', async () => {
    const silent = await serve(() => undefined)
    const half = await serve((_, answer) => {
      answer.writeHead(200, { 'content-length': '10' }).write('half')
    })
    for (const url of [silent, half]) {
      expect(await get(url, 100)).toEqual({
        kind: 'failed',
        reason: 'timed_out',
        message: 'no answer within 100 ms',
      })
    }
  })

  test('because the connection broke, before or within the answer, is broken', async () => {
    const atOnce = await serve((request) => request.socket.destroy())
    const within = await serve((_, answer) => {
      answer.writeHead(200, { 'content-length': '10' }).write('half', () => answer.destroy())
    })
    for (const url of [atOnce, within]) expect(await get(url)).toMatchObject({ reason: 'broken' })
  })

  test('that is HTTP is broken', async () => {
    const url = await urlOf(
      createTcpServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-x\r\n')),
    )
    expect(await get(url)).toMatchObject({ kind: 'failed', reason: 'broken' })
  })

  test('from a name that does not exist is unreachable', async () => {
    expect(await get('http://kattila.invalid/')).toMatchObject({ kind: 'failed', reason: 'unreachable' })
  })

  test('to a request that cannot be made is a failure and no throw', async () => {
    const header = { method: 'GET', url: 'http://127.0.0.1:9', timeoutMs: 100 } as const
    expect(await client.send({ ...header, headers: { authorization: 'Bearer ä\n' } })).toMatchObject({
      kind: 'failed',
    })
    expect(await get('http://')).toMatchObject({ kind: 'failed' })
  })
})

test('after its close a client leaves no connection open', async () => {
  const server = createServer((_, answer) => answer.end())
  const url = await urlOf(server)
  await get(url)
  const closed = once(server, 'close')
  client.close()
  server.close()
  await closed
})
