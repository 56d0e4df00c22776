import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

const LAB = join(import.meta.dirname, 'lab')
const ROOT = join(import.meta.dirname, '../..')

/** A lab that is up, in a folder of its own beside which the tests keep what their processes write. */
export type Lab = {
  /** For state and data directories, gone with the lab. */
  readonly directory: string
  /** Runs a command of the lab (test/lab/README.md) and gives what it printed; rejects when it fails. */
  readonly lab: (...args: readonly string[]) => Promise<string>
  readonly down: () => Promise<void>
}

/**
 * Takes up a lab: `6`, or `-f` and a topology; `disks` are folders of its directory with little room
 * (tmpfs sizes by name). Only inside a world, so that even a killed run leaves nothing.
 */
export async function upLab(
  topology: readonly string[],
  disks: Readonly<Record<string, string>>,
): Promise<Lab> {
  if (!process.env.LAB) throw new Error('the lab tests run in a world of their own: npm run test:lab')
  const directory = mkdtempSync(join(tmpdir(), 'lab-'))
  const env = { LAB: join(directory, 'lab') }
  const lab = async (...args: readonly string[]) => {
    const { stdout } = await execa(LAB, args, { env, cwd: ROOT, stdin: 'ignore' })
    return stdout
  }
  const down = async () => {
    await lab('down')
    for (const name of Object.keys(disks)) await execa('umount', [join(directory, name)])
    rmSync(directory, { recursive: true, force: true })
  }
  for (const [name, size] of Object.entries(disks)) {
    mkdirSync(join(directory, name))
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', join(directory, name)])
  }
  try {
    await lab('up', ...topology)
  } catch (thrown) {
    await down()
    throw thrown
  }
  return { directory, lab, down }
}
