import type { HostLayout } from '../../tui/text/host.js'

/** The layout of one-shot output: as wide as the terminal, unlimited in a pipe, every row. */
export function layoutOf(stream: NodeJS.WriteStream): HostLayout {
  const width = stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY
  return { width, maxRows: Number.POSITIVE_INFINITY, now: Date.now() }
}
