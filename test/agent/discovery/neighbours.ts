import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Neighbours = {
  readonly port: number
  /** Connections and requests since the beginning, and the most that were open at once. */
  readonly seen: { requests: number; open: number; mostOpen: number }
}

/** Real HTTP servers on addresses of this host, all on one port, for as long as the test runs. */
export async function openNeighbours(at: Readonly<Record<string, RequestListener>>): Promise<Neighbours> {
  const seen = { requests: 0, open: 0, mostOpen: 0 }
  const servers: Server[] = []
  onTestFinished(async () => {
    await Promise.all(servers.map(close))
  })
  let port = 0
  for (const [address, answer] of Object.entries(at)) {
    const server = createServer(answer)
    server.on('request', () => seen.requests++)
    server.on('connection', (socket) => {
      seen.open++
      seen.mostOpen = Math.max(seen.mostOpen, seen.open)
      socket.on('close', () => seen.open--)
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve))
    servers.push(server)
    port = (server.address() as AddressInfo).port
  }
  return { port, seen }
}

function close(server: Server): Promise<unknown> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}

/** What the agent with this number says of itself. */
export function peerAnswer(number: number, more: object = {}): string {
  return JSON.stringify({
    agent_id: agentId(number),
    version: '0.1.0',
    relay: { available: true, hops: 0 },
    server_time: 1_800_000_000_000,
    ...more,
  })
}

export const agentId = (number: number): string => number.toString(16).padStart(32, '0')

/** An agent that answers as it should. */
export const agent =
  (number: number, more: object = {}): RequestListener =>
  (request, response) => {
    if (request.method !== 'GET' || request.url !== '/status/peer') response.statusCode = 404
    response.setHeader('content-type', 'application/json').end(peerAnswer(number, more))
  }
