import { cut } from '../../tui/text/table.js'

/** Back to the first column, and everything to the right of it erased. */
const REWIND = '\r\u001b[K'

/** One line on a terminal that is rewritten in place. `show` takes a text that is safe there. */
export type ProgressLine = { readonly show: (text: string) => void; readonly close: () => void }

/** Opens it on a stream; where that is no terminal, nothing is written. */
export function openProgressLine(stream: NodeJS.WriteStream): ProgressLine {
  if (!stream.isTTY) return { show: () => undefined, close: () => undefined }
  return {
    // One cell less than the terminal has: in the last one some terminals wrap.
    show: (text) => stream.write(REWIND + cut(text, stream.columns - 1)),
    close: () => stream.write(REWIND),
  }
}
