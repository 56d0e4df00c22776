import { describe, expect, test } from 'vitest'
import { formatLogLine, openLog } from '../../../src/core/node/log.js'
import type { LogLevel } from '../../../src/core/settings.js'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

function record(level: LogLevel, isTTY = false) {
  const lines: string[] = []
  return { log: openLog(level, { isTTY, write: (line) => lines.push(line) }), lines }
}

test('a line is one JSON object with time, level, message and fields', () => {
  const { log, lines } = record('info')
  log.warn({ code: 'stale_tick', at: { a: 1 } }, 'the manager refused')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^[^\n]+\n$/)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    code: 'stale_tick',
    at: { a: 1 },
    msg: 'the manager refused',
  })
})

test('foreign text cannot make a second line', () => {
  const { log, lines } = record('info')
  log.info({ reason: 'a\n{"level":"error"}' }, 'x\ny')
  expect(lines.join('').trimEnd()).not.toContain('\n')
})

test.for(LEVELS.map((level, i) => [level, i] as const))(
  'level %s keeps quiet what is below it',
  ([level, i]) => {
    const { log, lines } = record(level)
    for (const one of ['debug', 'info', 'warn', 'error'] as const) log[one]({}, one)
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['debug', 'info', 'warn', 'error'].slice(i))
  },
)

describe('on a terminal', () => {
  test('a line is readable', () => {
    const json =
      '{"level":"warn","time":"2026-01-02T07:36:01.000Z","code":"stale_tick","n":5,"msg":"refused"}'
    expect(formatLogLine(json)).toBe('07:36:01 warn  refused  code=stale_tick  n=5\n')
  })

  test('nothing foreign moves the cursor', () => {
    const { log, lines } = record('info', true)
    log.info({ reason: '\u001b[2J\u202e' }, 'x\u0007\ny')
    expect(lines.join('').slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(lines.join('')).toContain('reason=\\u{1b}[2J\\u{202e}')
  })
})
