import { spawn } from 'node:child_process'
import { join } from 'node:path'
import xterm from '@xterm/headless'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeHome } from '../../e2e/kattila.js'

const LAUNCHER = join(import.meta.dirname, '../../../bin/kattila')

/** Runs `kattila up` in a real pseudo-terminal of this size, and shows what a person would see. */
function openTerminal(columns: number, rows: number, env: NodeJS.ProcessEnv = {}) {
  const home = makeHome({ TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env })
  const command = `stty cols ${columns} rows ${rows}; exec '${LAUNCHER}' up`
  const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: home.directory, env: home.env })
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let raw = ''
  const seen = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString('utf8')
    terminal.write(chunk, () => {
      for (const look of seen) look()
    })
  })
  const screen = () => {
    const { active } = terminal.buffer
    return Array.from(
      { length: rows },
      (_, y) => active.getLine(active.viewportY + y)?.translateToString(true) ?? '',
    )
  }
  const shows = (pattern: RegExp) =>
    new Promise<string[]>((resolve) => {
      const look = () => {
        if (!pattern.test(screen().join('\n'))) return
        seen.delete(look)
        resolve(screen())
      }
      seen.add(look)
      look()
    })
  return { child, ended, shows, raw: () => raw }
}

describe('up on a terminal', () => {
  test('shows where things are and this host within 80×24, and Ctrl-C ends both and gives the terminal back', async () => {
    const { child, ended, shows, raw } = openTerminal(80, 24)
    const screen = await shows(/active, reporting[\s\S]*Ctrl-C stops/)
    expect(screen.slice(0, 6).map((line) => line.trim().split(/ {2,}/)[0])).toEqual([
      'what',
      'manager',
      'database',
      'operator token',
      'fleet secret',
      'agent',
    ])
    expect(screen.join('\n')).toMatch(/next, in another terminal/)
    child.stdin.write('\x03')
    await shows(/manager and agent stopped/)
    expect(await ended).toBe(130)
    expect(raw().lastIndexOf('\x1b[?25h')).toBeGreaterThan(raw().lastIndexOf('\x1b[?25l'))
  })

  test('a terminal of 40×10 still shows the host', async () => {
    const { shows } = openTerminal(40, 10)
    const screen = await shows(/active, reporting/)
    expect(screen.some((line) => line.includes('INTERFACE') || line.includes('Ctrl-C'))).toBe(true)
  })

  test('NO_COLOR keeps every colour and style away', async () => {
    const { shows, raw } = openTerminal(80, 24, { NO_COLOR: '1' })
    await shows(/Ctrl-C stops/)
    expect(
      raw()
        .split('\x1b[')
        .filter((part) => /^[\d;]+m/.test(part)),
    ).toEqual([])
  })
})
