import { randomBytes } from 'node:crypto'
import { KattilaError } from '../../core/error.js'
import { systemClock } from '../../core/node/clock.js'
import { openHttpClient } from '../../core/node/http.js'
import { formatGetAuthorisation } from '../../core/protocol/get-authorisation.js'
import type { Psk } from '../../core/protocol/mac.js'
import type { Settings } from '../../core/settings.js'

/** The agent on this machine answers at once or not at all, ms. */
const TIMEOUT_MS = 5000

/** The authorisation of a member that asks the agent of this machine. */
export function memberAuthorisation(psk: Psk, agentId: string, path: string): string {
  return formatGetAuthorisation(psk, path, agentId, systemClock.now(), randomBytes(16).toString('base64url'))
}

/** Asks the agent's daemon on this machine and gives the JSON of its answer. */
export async function askLocalAgent<T>(
  settings: Settings,
  method: 'GET' | 'POST',
  path: string,
  authorization: string,
): Promise<T> {
  const http = openHttpClient()
  const url = `http://${settings.agentHost ?? '127.0.0.1'}:${settings.agentPort}`
  try {
    const answer = await http.send({
      method,
      url: url + path,
      headers: { authorization },
      timeoutMs: TIMEOUT_MS,
    })
    if (answer.kind === 'failed') {
      throw new KattilaError('configuration', `no agent answers at ${url}: ${answer.message}`, {
        suggestion:
          'start it with kattila agent run, or set KATTILA_AGENT_HOST and KATTILA_AGENT_PORT to where it listens',
      })
    }
    if (answer.status === 401) {
      throw new KattilaError('configuration', `the agent at ${url} does not take this token`, {
        suggestion: 'run this with the state directory of that agent (--state-dir or KATTILA_STATE_DIR)',
      })
    }
    return JSON.parse(answer.body) as T
  } finally {
    http.close()
  }
}
