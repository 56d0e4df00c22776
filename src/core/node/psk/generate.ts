import { randomBytes } from 'node:crypto'
import type { Settings } from '../../settings.js'
import { createPrivateFile, makePrivateDirectory } from '../private-files.js'
import { generatedPskPath } from './source.js'

/** Makes a fleet secret for this machine in a 0600 file, unless there is one; gives its path. */
export async function generatePsk(settings: Settings): Promise<string> {
  const path = generatedPskPath(settings)
  await makePrivateDirectory(settings.dataDir, 'KATTILA_DATA_DIR')
  await createPrivateFile(path, `${randomBytes(32).toString('base64url')}\n`)
  return path
}
