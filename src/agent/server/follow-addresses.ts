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
  const closeOne = async (address: string): Promise<void> => {
    const listening = open.get(address)
    open.delete(address)
    await listening?.close()
  }

  return {
    follow: async (addresses) => {
      const gone = [...open.keys()].filter((address) => !addresses.includes(address))
      const come = addresses.filter((address) => !open.has(address))
      await Promise.all([...gone.map(closeOne), ...come.map(openOne)])
    },
    close: async () => {
      await Promise.all([...open.keys()].map(closeOne))
    },
  }
}
