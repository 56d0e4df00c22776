import { join } from 'node:path'
import { openTokenFile } from '../core/node/token-file.js'

/** Where a manager keeps its operator token, in its data directory. */
export const tokenPath = (dataDir: string): string => join(dataDir, 'operator.token')

/** Opens the operator token of a data directory (protocol section 4). */
export const openOperatorToken = (dataDir: string): Promise<string> => openTokenFile(tokenPath(dataDir))
