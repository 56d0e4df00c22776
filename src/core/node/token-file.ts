import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { KattilaError } from '../error.js'
import { createPrivateFile } from './private-files.js'

const LEAST_LENGTH = 16

/** Reads a token from its 0600 file, making one on the first start. */
export async function openTokenFile(path: string): Promise<string> {
  await createPrivateFile(path, `${randomBytes(32).toString('base64url')}\n`)
  return readTokenFile(path)
}

/** Reads a token that something else has made. */
export async function readTokenFile(path: string): Promise<string> {
  const token = (await readFile(path, 'utf8')).trim()
  if (token.length < LEAST_LENGTH) {
    throw new KattilaError(
      'configuration',
      `${path} holds no usable token: fewer than ${LEAST_LENGTH} characters`,
      { suggestion: 'remove the file; a new token is made at the next start' },
    )
  }
  return token
}
