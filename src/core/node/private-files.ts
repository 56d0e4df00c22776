import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, link, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { KattilaError, reasonOf } from '../error.js'

/** What this user alone may read: 0700 directories and 0600 files, whatever the umask (issue 2). */

/** Makes a directory and its parents; those it makes are 0700. `setting` names the variable to change when it cannot. */
export async function makePrivateDirectory(path: string, setting: string): Promise<void> {
  try {
    await makeDirectory(resolve(path))
  } catch (cause) {
    throw unwritable(path, setting, cause)
  }
}

/** Not by `recursive: true`: under /proc Node's own never ends. */
async function makeDirectory(path: string): Promise<void> {
  const parent = dirname(path)
  if (!existsSync(parent) && parent !== path) await makeDirectory(parent)
  try {
    await mkdir(path, { mode: 0o700 })
    await chmod(path, 0o700)
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST') || !(await stat(path)).isDirectory()) throw thrown
  }
}

/** The error for a directory or file that cannot be written. */
export function unwritable(path: string, setting: string, cause: unknown): KattilaError {
  return new KattilaError('configuration', `${path} cannot be written: ${reasonOf(cause)}`, {
    cause,
    suggestion: `make it writable for this user, or set ${setting} to another directory`,
  })
}

/** Replaces a file as a whole: after a crash it holds the old content or the new, never a part. */
export async function replacePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = await writeTemporary(path, content)
  try {
    await rename(temporary, path)
  } catch (thrown) {
    await unlink(temporary)
    throw thrown
  }
}

/** Creates a file with its content at once; false when it exists already, which is then left alone. */
export async function createPrivateFile(path: string, content: string | Uint8Array): Promise<boolean> {
  const temporary = await writeTemporary(path, content)
  try {
    await link(temporary, path)
    return true
  } catch (thrown) {
    if (isErrno(thrown, 'EEXIST')) return false
    throw thrown
  } finally {
    await unlink(temporary)
  }
}

async function writeTemporary(path: string, content: string | Uint8Array): Promise<string> {
  const temporary = `${dirname(path)}/.${randomBytes(8).toString('hex')}.tmp`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(content)
    await file.sync()
  } catch (thrown) {
    // On a full disk every further try would leave another one.
    await unlink(temporary)
    throw thrown
  } finally {
    await file.close()
  }
  return temporary
}

/** Makes what was made, renamed and deleted in a directory outlast a power cut (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Whether a file name is a temporary one of this module; after a crash it is a leftover. */
export function isTemporaryName(name: string): boolean {
  return /^\.[0-9a-f]{16}\.tmp$/.test(name)
}

/** Whether something thrown is the system error of this code, e.g. `ENOENT`. */
export function isErrno(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code
}
