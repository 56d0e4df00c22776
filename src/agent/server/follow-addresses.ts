import type { Hono } from 'hono'
import { reasonOf } from '../../core/error.js'
import type { Log } from '../../core/log.js'
import { type Listening, listen } from '../../core/node/listen.js'

export type AgentServer = {
  /** Listens on exactly these addresses from now on; one that cannot be had is told once and tried again next time. */
  readonly follow: (addresses: readonly string[]) => Promise<void>
  readonly close: () => Promise<void>
}

const SETTINGS = 'KATTILA_AGENT_HOST and KATTILA_AGENT_PORT'

/** Serves an agent's application on addresses that come and go. */
export function createAgentServer(app: Hono, port: number, log: Log): AgentServer {
  const open = new Map<string, Listening>()
  const closing = new Set<Promise<void>>()
  const told = new Set<string>()

  const openOne = async (address: string): Promise<void> => {
    try {
      const listening = await listen(app, address, port, SETTINGS)
      open.set(address, listening)
      told.delete(address)
      log.info({ url: listening.url }, 'the agent listens')
    } catch (thrown) {
      if (!told.has(address))
        log.warn({ address, reason: reasonOf(thrown) }, 'the agent cannot listen on one of its addresses')
      told.add(address)
    }
  }
  /** Stops listening at once; what is still answered there holds up nobody. */
  const closeOne = (address: string): void => {
    const closed = open.get(address)?.close() ?? Promise.resolve()
    open.delete(address)
    closing.add(closed)
    void closed.then(() => closing.delete(closed))
  }

  return {
    follow: async (addresses) => {
      for (const address of open.keys()) if (!addresses.includes(address)) closeOne(address)
      const come = [...new Set(addresses)].filter((address) => !open.has(address))
      await Promise.all(come.map(openOne))
    },
    close: async () => {
      for (const address of open.keys()) closeOne(address)
      await Promise.all(closing)
    },
  }
}
