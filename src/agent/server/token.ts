import { join } from 'node:path'
import { KattilaError } from '../../core/error.js'
import { isErrno } from '../../core/node/private-files.js'
import { openTokenFile, readTokenFile } from '../../core/node/token-file.js'

/** Where an agent keeps its own token, in its state directory. */
const agentTokenPath = (directory: string): string => join(directory, 'agent.token')

/** Opens the agent's own token, which its reset asks for (protocol section 5). */
export const openAgentToken = (directory: string): Promise<string> => openTokenFile(agentTokenPath(directory))

/** Reads the token of the agent whose state is in a directory, making none: only its daemon could know it. */
export async function readAgentToken(directory: string): Promise<string> {
  const path = agentTokenPath(directory)
  return readTokenFile(path).catch((cause) => {
    if (!isErrno(cause, 'ENOENT')) throw cause
    throw new KattilaError('configuration', `${path} is not there: no agent has run with this directory`, {
      cause,
      suggestion: 'run this with the state directory of the agent (--state-dir or KATTILA_STATE_DIR)',
    })
  })
}
