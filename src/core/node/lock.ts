import { readFileSync } from 'node:fs'
import { rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { KattilaError } from '../error.js'
import { createPrivateFile, isErrno, unwritable } from './private-files.js'

/**
 * Takes a directory for this process, so that no two agents sign with one identity and no two
 * managers write one database; gives the function that lets go. A lock whose process is gone is
 * taken over. `role` and `setting` name the holder and the way out in the error.
 */
export async function lockDirectory(
  directory: string,
  role: 'agent' | 'manager',
  setting: string,
): Promise<() => Promise<void>> {
  const path = join(directory, `${role}.lock`)
  const holder = await takeLock(path).catch((cause) => {
    throw unwritable(path, setting, cause)
  })
  if (holder !== undefined) {
    throw new KattilaError('configuration', `another ${role} (process ${holder}) uses ${directory}`, {
      suggestion: `stop it first, or set ${setting} to another directory`,
    })
  }
  return () => rm(path, { force: true })
}

/** Makes a lock file; gives the id of the process that holds it where a live one does. */
async function takeLock(path: string): Promise<number | undefined> {
  for (;;) {
    if (await createPrivateFile(path, processMark(process.pid))) return undefined
    const mark = readIfThere(path)
    if (mark === undefined) continue
    const pid = Number(mark.split(' ')[0])
    if (mark !== '' && mark === processMark(pid)) return pid
    // Under a lock of its own: of two that found it dead, the slower would remove the faster one's new lock.
    const takeover = `${path}.takeover`
    const other = await takeLock(takeover)
    if (other !== undefined) return other
    try {
      if (readIfThere(path) === mark) await unlink(path)
    } finally {
      await unlink(takeover)
    }
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    // ESRCH is how /proc says that a process ended while it was read.
    if (isErrno(thrown, 'ENOENT') || isErrno(thrown, 'ESRCH')) return undefined
    throw thrown
  }
}

/** `pid starttime`: field 22 of /proc/PID/stat tells a process from a later one of the same number (proc(5)). */
function processMark(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat === undefined ? '' : `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}
