// Makes a clone ready to run: a Node that is new enough, the locked packages, a build of src/.
// Runs before `npm start` and `npm test` on the machine's own Node, so: no dependencies, nothing
// younger than Node 20, and nothing on stdout, which belongs to the command that follows.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { broughtNode, findMismatches, fingerprint, isNewEnough } from './clone.mjs'

const self = fileURLToPath(import.meta.url)
const root = join(dirname(self), '..')
const node24 = join(root, 'scripts/node24')
const dist = join(root, 'dist')
const stamp = join(dist, '.fingerprint')
const fresh = join(root, '.build')

/** A step that failed; the message says what, why and what to do next. */
class StepFailed extends Error {}

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`)

/** @param {string} folder */
function isInstalled(folder) {
  const locked = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages
  const found = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(found)) return false
  return findMismatches(locked, JSON.parse(readFileSync(found, 'utf8')).packages, process).length === 0
}

/**
 * @param {string} node
 * @param {string} folder
 */
function install(node, folder) {
  const asked = process.env.npm_execpath ?? ''
  const npm = /npm-cli\.c?js$/.test(asked) ? [node, asked] : ['npm']
  // --include: NODE_ENV=production or an `omit` of the user's would leave out the compiler or Node.
  const flags = [
    '--ignore-scripts',
    '--loglevel=error',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--include=optional',
  ]
  const { status, stderr, error } = spawn([...npm, 'ci', ...flags], folder, node)
  if (status === 0) return
  throw new StepFailed(
    `kattila: npm ci failed in ${folder}: ${error?.message ?? stderr.trim()}\n` +
      'kattila: see that the package registry is reachable and the disk not full, then run the command again',
  )
}

/**
 * @param {readonly string[]} command
 * @param {string} folder
 * @param {string} node first in PATH for what the command starts itself
 */
function spawn([program = '', ...args], folder, node) {
  const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`
  return spawnSync(program, args, {
    cwd: folder,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
}

function readSources() {
  const config = readdirSync(root).filter((name) => /^tsconfig.*\.json$|^package\.json$/.test(name))
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((path) => join('src', String(path)))
  const files = [...config, ...sources].sort().filter((path) => statSync(join(root, path)).isFile())
  return fingerprint(files.map((path) => [path, readFileSync(join(root, path))]))
}

/**
 * Builds beside dist and swaps: a failed build leaves the last good one, and no deleted source survives.
 * @param {string} node
 * @param {string} sources
 */
function build(node, sources) {
  rmSync(fresh, { recursive: true, force: true })
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const compile = [node, compiler, '-p', 'tsconfig.build.json', '--outDir', join(fresh, 'dist')]
  const { status, stdout, stderr, error } = spawn(compile, root, node)
  if (status !== 0) {
    throw new StepFailed(
      `${error?.message ?? `${stdout}${stderr}`.trim()}\n` +
        'kattila: the build failed: correct what the compiler names above, then run the command again',
    )
  }
  mkdirSync(join(fresh, 'dist'), { recursive: true })
  writeFileSync(join(fresh, 'dist/.fingerprint'), sources)
  if (existsSync(dist)) renameSync(dist, join(fresh, 'old'))
  renameSync(join(fresh, 'dist'), dist)
  rmSync(fresh, { recursive: true, force: true })
}

/** The steps that this clone still needs, each with the line that announces it. */
function findSteps() {
  const brought = broughtNode(process.platform, process.arch)
  const isOwnNode = isNewEnough(process.version)
  if (!isOwnNode && brought === undefined) {
    throw new StepFailed(
      `kattila: Node 22.19 or newer is needed, this is ${process.version}, and none can be brought for ` +
        `${process.platform} on ${process.arch}: install a newer Node, then run the command again`,
    )
  }
  const node = isOwnNode ? process.execPath : join(node24, `${brought}/bin/node`)
  const sources = readSources()
  const isBuilt = existsSync(stamp) && readFileSync(stamp, 'utf8') === sources
  return [
    {
      isDone: isOwnNode || isInstalled(node24),
      line: `kattila: ${process.version} is too old, bringing Node 24 into this clone …`,
      run: () => install(process.execPath, node24),
    },
    { isDone: isInstalled(root), line: 'kattila: installing packages …', run: () => install(node, root) },
    { isDone: isBuilt, line: 'kattila: building …', run: () => build(node, sources) },
  ].filter((step) => !step.isDone)
}

function prepare() {
  const steps = findSteps()
  if (steps.length === 0) return 0
  // The kernel's lock queues concurrent runs and outlives no process; each looks again once it has it.
  if (process.argv[2] !== 'locked') {
    const locked = spawnSync('flock', [self, process.execPath, self, 'locked'], { stdio: ['ignore', 2, 2] })
    if (locked.error === undefined) return locked.status ?? 1
  }
  for (const step of steps) {
    say(step.line)
    step.run()
  }
  return 0
}

try {
  process.exitCode = prepare()
} catch (error) {
  say(
    error instanceof StepFailed
      ? error.message
      : `kattila: this clone cannot be prepared: ${error}: see that its files are whole and yours to write, then run the command again`,
  )
  process.exitCode = 1
}
