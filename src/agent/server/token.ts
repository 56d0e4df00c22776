import { join } from 'node:path'
import { openTokenFile } from '../../core/node/token-file.js'

/** Where an agent keeps its own token, in its state directory. */
const agentTokenPath = (directory: string): string => join(directory, 'agent.token')

/** Opens the agent's own token, which its reset asks for (protocol section 5). */
export const openAgentToken = (directory: string): Promise<string> => openTokenFile(agentTokenPath(directory))
