import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * The rooms of the house and what each may import, with the reason. The first room whose folder a
 * file lies in is its room; relative imports are named by the room's folder, others by package.
 */
const ROOMS: readonly { folder: string; may: readonly string[]; because: string }[] = [
  {
    folder: 'src/core/node',
    may: ['src/core', 'src/core/node', 'node:*', 'execa', 'pino', 'zod', 'hono', '@hono/node-server'],
    because: 'the real adapters: what agent and manager need of the machine, and nothing of either',
  },
  {
    folder: 'src/core',
    may: ['src/core', 'node:crypto', 'zod', 'ipaddr.js'],
    because:
      'pure: no clock, no I/O, so that all of it runs in a simulation; zod and ipaddr.js only look at values',
  },
  {
    folder: 'src/agent',
    may: ['src/agent', 'src/core', 'src/core/node', 'node:*', 'zod', 'hono'],
    because: 'a small daemon: it loads neither the manager, nor SQLite, nor Ink',
  },
  {
    folder: 'src/manager/store/sqlite',
    may: [
      'src/manager/store/sqlite',
      'src/manager/store',
      'src/manager/inference/change',
      'src/core',
      'node:*',
      'better-sqlite3',
    ],
    because: 'a backend knows its driver, and its driver is known nowhere else',
  },
  {
    folder: 'src/manager/store',
    may: ['src/core', 'src/manager/inference/change'],
    because: 'a port: types alone',
  },
  {
    folder: 'src/manager/inference',
    may: ['src/manager/inference', 'src/manager/store/port', 'src/core'],
    because: 'inference derives from appended reports, whatever store they lie in and however they came',
  },
  {
    folder: 'src/manager/ingest',
    may: ['src/manager/ingest', 'src/manager/store/port', 'src/core', 'src/core/node/psk/store', 'node:*'],
    because: 'ingest verifies and appends at the cost of one report, and knows nothing of what is derived',
  },
  {
    folder: 'src/manager/reading',
    may: ['src/manager/reading', 'src/manager/store/port', 'src/core'],
    because: 'reading serves views and changes nothing',
  },
  {
    folder: 'src/manager',
    may: ['src/manager/*', 'src/core', 'src/core/node', 'node:*', 'hono', 'zod'],
    because: 'the manager puts its parts together and serves them; it never needs the agent or a terminal',
  },
  {
    folder: 'src/tui/text',
    may: ['src/tui/text', 'src/core', 'string-width'],
    because: 'pure drawing that one-shot commands use too, without loading Ink',
  },
  {
    folder: 'src/tui',
    may: ['src/tui/*', 'src/core', 'ink', 'react', 'ink-table', 'node:module'],
    because: 'views in, text out: Ink appears here alone',
  },
  {
    folder: 'src/commands',
    may: ['src/*', 'node:*', '@oclif/core', 'leven'],
    because: 'composition roots: they parse, call and print, and may put anything together',
  },
]

const root = join(import.meta.dirname, '..')

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => `src/${file}`)

/** What a source text imports, at the top or on demand: `import x from 'y'`, `import('y')`. */
function importsOf(source: string): string[] {
  return [...source.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}

/** Every source file and package that a file loads when it runs: types are erased, on-demand imports wait. */
function loadedBy(file: string, seen = new Set<string>()): string[] {
  if (!seen.has(file)) {
    seen.add(file)
    const source = readFileSync(join(root, file), 'utf8')
    for (const match of source.matchAll(/^(?:import|export) (?!type )[^']*from '([^']+)'/gm)) {
      const target = targetOf(file, match[1] ?? '')
      const sourceFile = files.find((known) => known.replace(/\.tsx?$/, '') === target)
      if (sourceFile) loadedBy(sourceFile, seen)
      else seen.add(target)
    }
  }
  return [...seen]
}

/** A relative import as the path of its module, any other as the name of its package. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier)).replace(/\.js$/, '')
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function roomOf(path: string): string | undefined {
  return ROOMS.find(({ folder }) => path.startsWith(`${folder}/`))?.folder
}

/** An entry allows a package, a room without its inner rooms, a module, or with a star all below it. */
function isAllowed(target: string, may: readonly string[]): boolean {
  return may.some((entry) => {
    if (entry.endsWith('*')) return target.startsWith(entry.slice(0, -1))
    return target === entry || roomOf(target) === entry
  })
}

describe('the house', () => {
  test('every source file has a room', () => {
    expect(files.filter((file) => !roomOf(file))).toEqual([])
  })

  test.each(ROOMS)('$folder imports only what it may, because: $because', ({ folder, may }) => {
    const broken = files
      .filter((file) => roomOf(file) === folder)
      .flatMap((file) =>
        importsOf(readFileSync(join(root, file), 'utf8'))
          .map((specifier) => targetOf(file, specifier))
          .filter((target) => !isAllowed(target, may))
          .map((target) => `${file} imports ${target}`),
      )
    expect(broken).toEqual([])
  })

  test('the daemon of an agent loads neither the manager, nor SQLite, nor Ink', () => {
    const loaded = loadedBy('src/commands/agent/run.ts')
    expect(loaded).toContain('src/agent/agent.ts')
    const isForeign = (target: string) =>
      target.startsWith('src/manager/') || ['better-sqlite3', 'ink', 'react'].includes(target)
    expect(loaded.filter(isForeign)).toEqual([])
  })

  test('an import is found wherever it stands', () => {
    const source = `import a from 'ink'\nimport type { B } from './b.js'\nawait import('hono')\nexport { c } from 'zod'`
    expect(importsOf(source)).toEqual(['ink', './b.js', 'hono', 'zod'])
  })
})
