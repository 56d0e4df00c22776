import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { KattilaError, reasonOf } from '../error.js'
import { isErrno } from './private-files.js'

export type Listening = {
  /** Where it can be reached from this machine, e.g. `http://127.0.0.1:5086`. */
  readonly url: string
  /** Stops taking requests, lets running ones end, and resolves when the socket is closed. */
  readonly close: () => Promise<void>
}

/** A client that does not send its request within this is cut off, ms. */
const REQUEST_TIMEOUT_MS = 30_000
/** How long running requests may take when the server stops, ms. */
const STOP_GRACE_MS = 2000
const SWEEP_MS = 20

/** Serves an application on a socket; port 0 takes a free one. `settings` names what to change when that fails. */
export async function listen(app: Hono, host: string, port: number, settings: string): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  server.requestTimeout = REQUEST_TIMEOUT_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => reject(describe(thrown, host, port, settings)))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: localUrl(host, address.port),
    close: () =>
      new Promise((resolve) => {
        // A connection whose last request ends from now on is idle only then, and would be kept alive.
        const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
        server.close(() => {
          clearInterval(sweep)
          resolve()
        })
        setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS).unref()
      }),
  }
}

/** Where a server that listens on this host and port can be reached from this machine. */
export function localUrl(host: string, port: number): string {
  const name =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

function describe(thrown: Error, host: string, port: number, settings: string): KattilaError {
  const why = isErrno(thrown, 'EADDRINUSE')
    ? `port ${port} on ${host} is in use by another program`
    : `port ${port} on ${host} cannot be listened on: ${reasonOf(thrown)}`
  return new KattilaError('configuration', why, {
    cause: thrown,
    suggestion: `set ${settings} to an address that is free`,
  })
}
