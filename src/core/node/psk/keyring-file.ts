import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { reasonOf } from '../../error.js'
import { type Keyring, secretFault } from '../../keyring.js'
import type { Log } from '../../log.js'
import { isErrno, replacePrivateFile } from '../private-files.js'

/** The last good secrets, kept 0600 so that a name server's absence or a restart forgets none. */

/** A damaged file must not bring back a key that anyone can guess. */
const secret = z
  .base64()
  .refine((text) => secretFault(Buffer.from(text, 'base64')) === undefined, 'too short for a secret')

const fileSchema = z.object({
  schema: z.literal('kattila.keyring/1'),
  keys: z.array(z.object({ secret, first_seen_at: z.int(), retired_at: z.int().nullable() })),
})

/** Reads a keyring file; empty when there is none, or, with a warning, when it is damaged. */
export async function readKeyring(path: string, log: Log): Promise<Keyring> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).keys.map((key) => ({
      secret: Buffer.from(key.secret, 'base64'),
      firstSeenAt: key.first_seen_at,
      retiredAt: key.retired_at,
    }))
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT'))
      log.warn(
        { path, reason: reasonOf(thrown) },
        'the kept fleet secrets cannot be read; going on without them',
      )
    return []
  }
}

/** Writes a keyring file as a whole. */
export async function writeKeyring(path: string, keyring: Keyring): Promise<void> {
  const keys = keyring.map((key) => ({
    secret: Buffer.from(key.secret).toString('base64'),
    first_seen_at: key.firstSeenAt,
    retired_at: key.retiredAt,
  }))
  await replacePrivateFile(path, `${JSON.stringify({ schema: 'kattila.keyring/1', keys })}\n`)
}
