import { spawn } from 'node:child_process'

/** Node strips the types; this finds `x.ts` where the sources import `x.js`. */
const RESOLVE = `
import { registerHooks } from 'node:module'
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('.') && context.parentURL?.includes('/src/')
      ? next(specifier.replace(/\\.js$/, '.ts'), context)
      : next(specifier, context),
})`

export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/** The address of a source file, for a script to import. */
export const sourceUrl = (path: string): string => new URL(`../../../src/${path}`, import.meta.url).href

/** Runs a module text in a process of its own; `before` are shell commands that set the stage, e.g. `umask 0`. */
export function runTypescript(
  script: string,
  { before = ':', args = [] }: { before?: string; args?: readonly string[] } = {},
): Promise<Ended> {
  const imports = `data:text/javascript,${encodeURIComponent(RESOLVE)}`
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `${before}; exec "$0" "$@"`,
      process.execPath,
      '--no-warnings',
      ...['--import', imports, '--input-type=module', '-e', script, ...args],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}
