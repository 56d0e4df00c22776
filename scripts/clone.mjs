// What a clone needs, decided from facts that scripts/prepare.mjs reads: pure, and plain enough for Node 20.
import { createHash } from 'node:crypto'

/**
 * The fields of a package in a package-lock.json that tell whether it is installed.
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} LockedPackage
 */

/**
 * The `packages` of a package-lock.json, or of the node_modules/.package-lock.json that npm leaves behind.
 * @typedef {Record<string, LockedPackage>} LockedPackages
 */

/**
 * Whether a Node of this version, such as `v22.19.0`, runs kattila.
 * @param {string} version
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

/**
 * The folder, under scripts/node24, of the Node that a clone brings along for this machine;
 * undefined where there is none.
 * @param {string} platform
 * @param {string} arch
 */
export function broughtNode(platform, arch) {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return undefined
  return `node_modules/node-linux-${arch}`
}

/**
 * The packages whose installed copy is not what the lock says: missing, different or left over.
 * An optional package may be missing unless it is made for exactly this machine.
 * @param {LockedPackages} locked
 * @param {LockedPackages} installed
 * @param {{ platform: string, arch: string }} machine
 * @returns {string[]}
 */
export function findMismatches(locked, installed, machine) {
  const wrong = Object.entries(locked).filter(([path, wanted]) => {
    if (path === '') return false
    const found = installed[path]
    if (found === undefined) return !wanted.optional || isMadeFor(wanted, machine)
    return found.version !== wanted.version || found.integrity !== wanted.integrity
  })
  const leftOver = Object.keys(installed).filter((path) => locked[path] === undefined)
  return [...wrong.map(([path]) => path), ...leftOver]
}

/**
 * Packages for one libc are left to npm, which knows which of them a machine has.
 * @param {LockedPackage} wanted
 * @param {{ platform: string, arch: string }} machine
 */
function isMadeFor({ os = [], cpu = [], libc = [] }, { platform, arch }) {
  return [os].flat().includes(platform) && [cpu].flat().includes(arch) && libc.length === 0
}

/**
 * One line for the names and contents of source files: another line means another build.
 * @param {readonly (readonly [path: string, content: string | Buffer])[]} files
 */
export function fingerprint(files) {
  const hash = createHash('sha256')
  for (const [path, content] of files) hash.update(`${path}\0${content.length}\0`).update(content)
  return hash.digest('hex')
}
