/** Text that is safe to write to a terminal, and figures as tired people read them. */

/**
 * Control characters, format characters (bidirectional controls, invisible joiners), lone surrogates,
 * line and paragraph separators: what could move a cursor, change a colour or reorder a line.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** A foreign text on one line with everything unsafe made visible, e.g. `\u{1b}[2J`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
}

/** `0 B`, `999 B`, `1.5 kB`, `20 MB`: decimal units, two significant digits below ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `0s`, `59s`, `3m`, `2h 05m`, `3d 4h`: a duration in ms, rounded down so that it rarely changes. */
export function formatDuration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}s`
  const m = Math.floor(s / 60)
  if (m < 60) return `${m}m`
  const h = Math.floor(m / 60)
  if (h < 24) return `${h}h ${String(m % 60).padStart(2, '0')}m`
  return `${Math.floor(h / 24)}d ${h % 24}h`
}
