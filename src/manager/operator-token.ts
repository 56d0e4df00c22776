import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KattilaError } from '../core/error.js'
import { createPrivateFile } from '../core/node/private-files.js'

/** Where a manager keeps its operator token. */
export const tokenPath = (dataDir: string): string => join(dataDir, 'operator.token')

/** Reads the operator token of a data directory, making one on the first start (protocol section 4). */
export async function openOperatorToken(dataDir: string): Promise<string> {
  const path = tokenPath(dataDir)
  await createPrivateFile(path, `${randomBytes(32).toString('base64url')}\n`)
  const token = (await readFile(path, 'utf8')).trim()
  if (token.length < MIN_TOKEN_LENGTH) {
    throw new KattilaError(
      'configuration',
      `${path} holds no usable token: fewer than ${MIN_TOKEN_LENGTH} characters`,
      {
        suggestion: 'remove the file; the manager makes a new token at its next start',
      },
    )
  }
  return token
}

const MIN_TOKEN_LENGTH = 16
