import { readFileSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { KattilaError } from '../error.js'
import { createPrivateFile } from './private-files.js'

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
  for (;;) {
    if (await createPrivateFile(path, processMark(process.pid))) return () => unlink(path)
    const holder = readIfThere(path)
    const pid = Number(holder.split(' ')[0])
    if (holder !== '' && holder === processMark(pid)) {
      throw new KattilaError('configuration', `another ${role} (process ${pid}) uses ${directory}`, {
        suggestion: `stop it first, or set ${setting} to another directory`,
      })
    }
    await unlink(path).catch(() => undefined)
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** `pid starttime`: field 22 of /proc/PID/stat tells a process from a later one of the same number (proc(5)). */
function processMark(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat === '' ? '' : `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}
