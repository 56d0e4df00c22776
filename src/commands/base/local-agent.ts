import { randomBytes } from 'node:crypto'
import { KattilaError } from '../../core/error.js'
import { systemClock } from '../../core/node/clock.js'
import { openHttpClient } from '../../core/node/http.js'
import { localUrl } from '../../core/node/listen.js'
import { formatGetAuthorisation } from '../../core/protocol/get-authorisation.js'
import type { Psk } from '../../core/protocol/mac.js'
import type { Settings } from '../../core/settings.js'

/** The agent on this machine answers at once or not at all, ms. */
const TIMEOUT_MS = 5000

/** The authorisation of a member that asks the agent of this machine. */
export function memberAuthorisation(psk: Psk, agentId: string, path: string): string {
  return formatGetAuthorisation(psk, path, agentId, systemClock.now(), randomBytes(16).toString('base64url'))
}

type Question<T> = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly authorization: string
  readonly decode: (answer: unknown) => T | undefined
  /** Where members of the fleet are told more: the answer to anyone else. */
  readonly decodeForAnyone?: (answer: unknown) => object | undefined
}

/** Asks the agent's daemon on this machine and gives the JSON of its answer. */
export async function askLocalAgent<T>(settings: Settings, question: Question<T>): Promise<T> {
  const { method, path, authorization, decode, decodeForAnyone } = question
  const http = openHttpClient()
  const url = localUrl(settings.agentHost ?? '127.0.0.1', settings.agentPort)
  try {
    const given = await http.send({
      method,
      url: url + path,
      headers: { authorization },
      timeoutMs: TIMEOUT_MS,
    })
    if (given.kind === 'failed')
      throw fault(
        `no agent answers at ${url}: ${given.message}`,
        `start it with kattila agent run, or ${WHERE}`,
      )
    if (given.status === 401) throw fault(`the agent at ${url} does not take this token`, TOKEN)
    const parsed = parseJson(given.body)
    const decoded = decode(parsed)
    if (given.status === 200 && decoded !== undefined) return decoded
    if (decodeForAnyone?.(parsed)) throw fault(`the agent at ${url} does not take this fleet secret`, SECRET)
    throw fault(`what answers at ${url} is no agent of kattila, or one of another version`, WHERE)
  } finally {
    http.close()
  }
}

const WHERE = 'set KATTILA_AGENT_HOST and KATTILA_AGENT_PORT to where it listens'
const TOKEN = 'run this with the state directory of that agent (--state-dir or KATTILA_STATE_DIR)'
const SECRET = 'run this with the secret that the agent runs with (KATTILA_PSK, KATTILA_PSK_FILE or DNS)'

function fault(message: string, suggestion: string): KattilaError {
  return new KattilaError('configuration', message, { suggestion })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
