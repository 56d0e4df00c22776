import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { forward } from '../../../src/agent/delivery/forward.js'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import { createRelays } from '../../../src/agent/delivery/relays.js'
import { systemClock } from '../../../src/core/node/clock.js'
import { openHttpClient } from '../../../src/core/node/http.js'
import { listen } from '../../../src/core/node/listen.js'
import { hmac, hopHeader, NONCE, NOW, PSK, seal } from '../../core/sealed-report.js'
import { OWN_ID, openApp } from './open-app.js'

/** The relay with a real server and a real client, before whatever answers as its manager. */

const report = seal()
const headers = { 'Kattila-Hop': hopHeader(report) }

async function openPlace(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function openRelay(manager: string) {
  const http = openHttpClient()
  const ways = {
    ...{ http, clock: systemClock, relays: createRelays(() => 0), ownId: () => OWN_ID },
    managers: createManagers([manager], { http, clock: systemClock, random: () => 0 }),
    findRelays: async () => undefined,
  }
  const { app } = openApp({ forward: (parcel) => forward(ways, parcel) })
  const listening = await listen(app, '127.0.0.1', 0, 'nothing')
  onTestFinished(async () => {
    http.close()
    await listening.close()
  })
  const post = (body: string, more: Record<string, string> = {}) =>
    http.send({
      ...{ method: 'POST', url: `${listening.url}/status/relay`, timeoutMs: 5000, body },
      headers: { ...headers, ...more },
    })
  return { post, url: listening.url }
}

test('a report goes to the manager and its answer comes back byte for byte, both also where they are zipped or odd', async () => {
  const bodies: string[] = []
  const mac = hmac(PSK, `kattila/1/ack\n${report.agent_id}\n${NONCE}\nok\n${NOW}`)
  const answer = `{"status": "ok" , "agent_id":"${report.agent_id}","nonce":"${NONCE}","server_time":${NOW},"mac":"${mac}", "note":"ä\u2028"}\n\n`
  const manager = await openPlace((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(`${request.headers['content-encoding']} ${request.url}`)
      response.setHeader('x-more', 'not handed on').end(answer)
    })
  })
  const { post } = await openRelay(manager)
  const given = await post(JSON.stringify(report))
  expect(given).toMatchObject({ kind: 'answer', status: 200, body: answer })
  expect(given.kind === 'answer' && given.headers['x-more']).toBe(undefined)
  const padded = seal({ data: { labels: { text: 'x'.repeat(5000) } } })
  await post(JSON.stringify(padded), { 'Kattila-Hop': hopHeader(padded) })
  expect(bodies).toEqual(['undefined /status/updates', 'gzip /status/updates'])
})

test.for([301, 302, 303, 307, 308])('a redirect (%d) is followed by nobody', async (status) => {
  let visits = 0
  const elsewhere = await openPlace((_, response) => {
    visits++
    response.end('{}')
  })
  const manager = await openPlace((_, response) => {
    response.writeHead(status, { location: `${elsewhere}/status/updates` }).end()
  })
  const { post } = await openRelay(manager)
  const given = await post(JSON.stringify(report))
  expect(given).toMatchObject({ kind: 'answer', status: 503 })
  expect(given.kind === 'answer' && given.headers.location).toBe(undefined)
  expect(visits).toBe(0)
})

describe('a manager that', () => {
  test('answers without end is left, not listened to', async () => {
    const manager = await openPlace((_, response) => {
      const write = () => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', write)
      }
      write()
    })
    const { post } = await openRelay(manager)
    expect(await post(JSON.stringify(report))).toMatchObject({ kind: 'answer', status: 503 })
  })

  test('is silent costs no more than the budget of the sender', async () => {
    const { post } = await openRelay(await openPlace(() => undefined))
    const startedAt = Date.now()
    const given = await post(JSON.stringify(report), { 'Kattila-Budget-Ms': '600' })
    expect(given).toMatchObject({ kind: 'answer', status: 503 })
    expect(Date.now() - startedAt).toBeLessThan(3000)
  })
})

test('a body that says it is small and is not is read no further than it says', async () => {
  let isAsked = false
  const manager = await openPlace((_, response) => {
    isAsked = true
    response.end()
  })
  const { url } = await openRelay(manager)
  const body = JSON.stringify(report)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(
    `POST /status/relay HTTP/1.1\r\nHost: x\r\nKattila-Hop: ${headers['Kattila-Hop']}\r\nContent-Length: 20\r\n\r\n${body}`,
  )
  const first = await new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))
  expect(first).toMatch(/^HTTP\/1.1 400 /)
  expect(isAsked).toBe(false)
})
