import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
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
  /** Makes a tick durable before the report that carries it leaves, so that no tick is used twice. */
  readonly saveTick: (tick: number) => Promise<void>
}

const DAMAGED =
  'restore the file from a backup, or move the state directory away: the agent then starts as a new one'

/** Opens an agent's state directory, making what is missing; files that exist are never overwritten. */
export async function openAgentState(directory: string): Promise<AgentState> {
  await makePrivateDirectory(directory, 'KATTILA_STATE_DIR')
  const readOrCreate = async <T>(
    name: string,
    make: () => string,
    parse: (text: string) => T,
  ): Promise<T> => {
    const path = join(directory, name)
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

  const agentId = await readOrCreate(
    'agent_id.txt',
    () => `${randomBytes(16).toString('hex')}\n`,
    parseAgentId,
  )
  const identity = await readOrCreate('ed25519.pem', () => identityPem(generateIdentity()), parseIdentityPem)
  const lastTick = await readOrCreate('tick', () => '0\n', parseTick)
  const saveTick = (tick: number) => replacePrivateFile(join(directory, 'tick'), `${tick}\n`)
  return { directory, agentId, identity, lastTick, saveTick }
}

function parseAgentId(text: string): string {
  if (!/^[0-9a-f]{32}\n?$/.test(text)) throw new Error('it does not hold 32 lower-case hex digits')
  return text.trim()
}

function parseTick(text: string): number {
  if (!/^\d{1,15}\n?$/.test(text)) throw new Error('it does not hold a number')
  return Number(text)
}
