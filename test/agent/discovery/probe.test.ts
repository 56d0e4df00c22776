import type { RequestListener } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decodePeer, probe } from '../../../src/agent/discovery/probe.js'
import { systemClock } from '../../../src/core/node/clock.js'
import { openHttpClient } from '../../../src/core/node/http.js'
import { agent, agentId, openNeighbours, peerAnswer } from './neighbours.js'

/** Long enough for a busy machine to answer in. */
const TIMEOUT_MS = 500

/** Asks one server on a loopback address; gives the answer, and how long it took. */
async function ask(answer: RequestListener, address = '127.0.0.21') {
  const { port, seen } = await openNeighbours({ [address]: answer })
  const http = openHttpClient()
  onTestFinished(() => http.close())
  const startedAt = performance.now()
  const answered = await probe({ http, clock: systemClock }, address, port, TIMEOUT_MS)
  return { answered, port, seen, tookMs: performance.now() - startedAt }
}

describe('an agent that answers', () => {
  test('is told with its address, its server and its way to a manager', async () => {
    const { answered, port } = await ask(agent(7, { relay: { available: true, hops: 1 } }))
    expect(answered).toEqual({
      agentId: agentId(7),
      address: '127.0.0.21',
      url: `http://127.0.0.21:${port}`,
      version: '0.1.0',
      relay: { available: true, hops: 1 },
      rttMs: expect.any(Number),
    })
    expect(answered?.rttMs).toBeLessThan(TIMEOUT_MS)
  })

  test('is asked at an IPv6 address as well', async () => {
    const { answered, port } = await ask(agent(7), '::1')
    expect(answered).toMatchObject({ address: '::1', url: `http://[::1]:${port}` })
  })

  test('learns no secret and no proof from being asked, and the connection ends', async () => {
    let headers: object = {}
    await ask((request, response) => {
      headers = request.headers
      agent(7)(request, response)
    })
    expect(Object.keys(headers).toSorted()).toEqual(['accept', 'connection', 'host'])
    expect(headers).toMatchObject({ connection: 'close' })
  })
})

describe('no agent', () => {
  test.each<[string, RequestListener]>([
    ['says nothing', () => undefined],
    [
      'answers too late',
      (request, response) => setTimeout(() => agent(7)(request, response), 3 * TIMEOUT_MS),
    ],
    ['never ends its answer', (_, response) => response.write(peerAnswer(7).slice(0, 40))],
    ['sends its answer a byte at a time', (_, response) => drip(response)],
    ['hangs up', (request) => request.socket.destroy()],
    ['hangs up in the middle', (_, response) => breakOff(response)],
    ['says something else than HTTP', (request) => request.socket.end('SSH-2.0-OpenSSH_9.9\r\n')],
    ['answers with text', (_, response) => response.end('<html>router</html>')],
    ['answers with nothing', (_, response) => response.end()],
    ['answers with another status', (_, response) => response.writeHead(404).end(peerAnswer(7))],
    ['answers with JSON of another kind', (_, response) => response.end('{"status":"ok","version":"1"}')],
  ])('is what %s', async (_, answer) => {
    const { answered, tookMs } = await ask(answer)
    expect(answered).toBeUndefined()
    expect(tookMs).toBeLessThan(2.5 * TIMEOUT_MS)
  })

  test('is where nothing listens', async () => {
    const { port } = await openNeighbours({ '127.0.0.21': agent(7) })
    const http = openHttpClient()
    onTestFinished(() => http.close())
    expect(await probe({ http, clock: systemClock }, '127.0.0.22', port, TIMEOUT_MS)).toBeUndefined()
  })

  test('is what sends elsewhere, and nobody goes there', async () => {
    const elsewhere = await openNeighbours({ '127.0.0.22': agent(8) })
    const location = `http://127.0.0.22:${elsewhere.port}/status/peer`
    const { answered } = await ask((_, response) => response.writeHead(302, { location }).end(peerAnswer(7)))
    expect(answered).toBeUndefined()
    expect(elsewhere.seen.requests).toBe(0)
  })

  test('is what says more than 16 KiB, even if it begins well', async () => {
    const padded = (bytes: number) => peerAnswer(7).padEnd(bytes)
    expect((await ask((_, response) => response.end(padded(16_384)))).answered?.agentId).toBe(agentId(7))
    const { answered } = await ask((_, response) => response.end(padded(16_385)), '127.0.0.22')
    expect(answered).toBeUndefined()
  })

  test('is what never stops talking, and it is not listened to for long', async () => {
    let sent = 0
    const chunk = ' '.repeat(65_536)
    const { answered } = await ask((_, response) => {
      const talk = () => {
        while (!response.destroyed) {
          sent += chunk.length
          if (!response.write(chunk)) return
        }
      }
      response.on('drain', talk)
      talk()
    })
    expect(answered).toBeUndefined()
    // The kernel's buffers on both sides take the rest.
    expect(sent).toBeLessThan(32 * 1_048_576)
  })
})

describe('an answer', () => {
  test('may say more than is known here', () => {
    const body = peerAnswer(7, {
      interfaces: [],
      later: { than: 'this' },
      relay: { available: false, hops: null, x: 1 },
    })
    expect(decodePeer(body)).toEqual({
      agentId: agentId(7),
      version: '0.1.0',
      relay: { available: false, hops: null },
    })
  })

  test.each([
    ['an id that is too short', { agent_id: 'abc' }],
    ['an id in upper case', { agent_id: 'A'.repeat(32) }],
    ['no id', { agent_id: null }],
    ['no version', { version: undefined }],
    ['a version without end', { version: 'x'.repeat(101) }],
    ['no relay', { relay: undefined }],
    ['a relay of text', { relay: { available: 'yes', hops: 0 } }],
    ['hops below none', { relay: { available: true, hops: -1 } }],
    ['half a hop', { relay: { available: true, hops: 0.5 } }],
    ['no hops', { relay: { available: true } }],
  ])('with %s is none', (_, more) => expect(decodePeer(peerAnswer(7, more))).toBeUndefined())
})

function drip(response: Parameters<RequestListener>[1]): void {
  const bytes = peerAnswer(7).split('')
  const timer = setInterval(() => {
    const byte = bytes.shift()
    if (byte === undefined || response.destroyed) clearInterval(timer)
    else response.write(byte)
  }, TIMEOUT_MS / 20)
}

function breakOff(response: Parameters<RequestListener>[1]): void {
  response.writeHead(200, { 'content-length': 1000 })
  response.write(peerAnswer(7), () => response.destroy())
}
