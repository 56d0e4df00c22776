import { pino } from 'pino'
import type { Log } from '../log.js'
import type { LogLevel } from '../settings.js'
import { safeText } from '../text.js'

/** Where log lines go; a terminal gets readable ones. */
export type LogStream = { readonly isTTY?: boolean; readonly write: (line: string) => unknown }

/** Opens the log on standard error: JSON lines, or readable lines when it is a terminal. */
export function openLog(level: LogLevel, stream: LogStream = process.stderr): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const write = (line: string) => stream.write(stream.isTTY ? formatLogLine(line) : line)
  return pino(options, { write })
}

/** One JSON log line as people read it: `07:36:01 warn  the manager refused the report  code=stale_tick`. */
export function formatLogLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>
  const shown = Object.entries(fields).map(
    ([name, value]) => `  ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return `${safeText(`${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(msg)}${shown.join('')}`)}\n`
}
