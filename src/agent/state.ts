import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KattilaError, reasonOf } from '../core/error.js'
import {
  createPrivateFile,
  isErrno,
  makePrivateDirectory,
  replacePrivateFile,
  unwritable,
} from '../core/node/private-files.js'
import { generateIdentity, type Identity, identityPem, parseIdentityPem } from '../core/protocol/identity.js'

/** What makes this agent the same one after a restart, kept in its state directory. */
export type AgentState = {
  readonly directory: string
  /** 32 lower-case hex digits. */
  readonly agentId: string
  readonly identity: Identity
  /** The tick of the last signed report; 0 before the first. */
  readonly lastTick: number
  /** Takes the next tick, durable before the report that carries it leaves, so that none is used twice. */
  readonly saveTick: (tick: number) => Promise<void>
  /** Forgets who this agent was and makes it a new one: new id, new key, no ticks. */
  readonly reset: () => Promise<void>
}

const FILES = { agentId: 'agent_id.txt', identity: 'ed25519.pem', tick: 'tick' } as const

const DAMAGED =
  'restore the file from a backup, or move the state directory away: the agent then starts as a new one'

/** Opens an agent's state directory, making what is missing; files that exist are never overwritten. */
export async function openAgentState(directory: string): Promise<AgentState> {
  await makePrivateDirectory(directory, 'KATTILA_STATE_DIR')
  let current = await load(directory)
  return {
    directory,
    get agentId() {
      return current.agentId
    },
    get identity() {
      return current.identity
    },
    get lastTick() {
      return current.lastTick
    },
    saveTick: (tick) => {
      current = { ...current, lastTick: tick }
      return replacePrivateFile(join(directory, FILES.tick), `${tick}\n`)
    },
    reset: async () => {
      for (const name of Object.values(FILES)) await rm(join(directory, name), { force: true })
      current = await load(directory)
    },
  }
}

async function load(directory: string): Promise<Pick<AgentState, 'agentId' | 'identity' | 'lastTick'>> {
  const newId = () => `${randomBytes(16).toString('hex')}\n`
  return {
    agentId: await readOrCreate(join(directory, FILES.agentId), newId, parseAgentId),
    identity: await readOrCreate(
      join(directory, FILES.identity),
      () => identityPem(generateIdentity()),
      parseIdentityPem,
    ),
    lastTick: await readOrCreate(join(directory, FILES.tick), () => '0\n', parseTick),
  }
}

async function readOrCreate<T>(path: string, make: () => string, parse: (text: string) => T): Promise<T> {
  let text: string
  try {
    text = await readFile(path, 'utf8').catch(async (thrown) => {
      if (!isErrno(thrown, 'ENOENT')) throw thrown
      await createPrivateFile(path, make())
      return readFile(path, 'utf8')
    })
  } catch (cause) {
    throw unwritable(path, 'KATTILA_STATE_DIR', cause)
  }
  try {
    return parse(text)
  } catch (cause) {
    throw new KattilaError('configuration', `${path} is damaged: ${reasonOf(cause)}`, {
      cause,
      suggestion: DAMAGED,
    })
  }
}

function parseAgentId(text: string): string {
  if (!/^[0-9a-f]{32}\n?$/.test(text)) throw new Error('it does not hold 32 lower-case hex digits')
  return text.trim()
}

function parseTick(text: string): number {
  if (!/^\d{1,15}\n?$/.test(text)) throw new Error('it does not hold a number')
  return Number(text)
}
