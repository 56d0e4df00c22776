import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../../core/error.js'
import {
  isErrno,
  makePrivateDirectory,
  replacePrivateFile,
  syncDirectory,
} from '../../core/node/private-files.js'
import { type Decoded, decodeRecord } from './record.js'

/** The files of a spool's directory, by name. */
export type RecordFiles = {
  /** Rejects when the disk refuses; the file is then not there. */
  readonly write: (name: string, content: Uint8Array) => Promise<void>
  /** `busy` when this process is short of something, which says nothing of the record. */
  readonly read: (name: string) => Promise<Decoded | { readonly kind: 'busy' }>
  /** Deletes one, now or as soon as the disk lets it. */
  readonly remove: (name: string) => Promise<void>
  /** Tries again what could not be deleted. */
  readonly sweep: () => Promise<void>
}

/** Of open files (this process, this machine) and of memory (open(2)). */
const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOMEM']

/** Makes the files of a directory, which is made when the first one is written. */
export function createRecordFiles(directory: string): RecordFiles {
  /** On disk, delivered ones would come back after a restart. */
  const undeleted = new Set<string>()

  const remove = async (name: string): Promise<void> => {
    try {
      await unlink(join(directory, name))
      undeleted.delete(name)
    } catch (thrown) {
      if (isErrno(thrown, 'ENOENT')) undeleted.delete(name)
      else undeleted.add(name)
    }
  }

  return {
    write: async (name, content) => {
      await makePrivateDirectory(directory, 'KATTILA_STATE_DIR')
      await replacePrivateFile(join(directory, name), content)
      try {
        await syncDirectory(directory)
      } catch (thrown) {
        await remove(name)
        throw thrown
      }
    },
    read: async (name) => {
      try {
        return await decodeRecord(name, await readFile(join(directory, name)))
      } catch (thrown) {
        if (SHORTAGES.some((code) => isErrno(thrown, code))) return { kind: 'busy' }
        return { kind: 'damaged', reason: reasonOf(thrown) }
      }
    },
    remove,
    sweep: async () => {
      for (const name of undeleted) await remove(name)
    },
  }
}
