import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** Gives each test of a file an empty folder of its own, by a function that names it. */
export function folderForEachTest(): () => string {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kattila-test-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })
  return () => folder
}
