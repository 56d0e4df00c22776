import stringWidth from 'string-width'
import { safeText } from '../../core/text.js'

/** One column of a text table. */
export type Column<Row> = {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly align?: 'right'
  /** Columns with the highest number go first when the table is too wide; without one a column stays. */
  readonly drop?: number
  /** Cells that are enough: its texts are cut to this before another column is dropped for it. Last column only. */
  readonly enough?: number
}

const GAP = '  '
/** No text, however long, pushes the other columns off a screen. */
const MOST_CELLS = 40

/**
 * A table as lines of at most `width` display cells: columns are dropped by priority, never wrapped,
 * and what still does not fit is cut with `…`. Cell texts are made terminal-safe here.
 */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
): string[] {
  const most = width === Number.POSITIVE_INFINITY ? width : MOST_CELLS
  const isLast = (column: Column<Row>) => column === columns.at(-1)
  const cells = rows.map((row) =>
    columns.map((column) => cut(safeText(column.cell(row)), isLast(column) ? width : most)),
  )
  const widths = columns.map((column, i) =>
    Math.max(stringWidth(column.title), ...cells.map((line) => stringWidth(line[i] ?? ''))),
  )
  const kept = keepColumns(columns, widths, width)
  const line = (texts: readonly string[]) =>
    cut(
      kept
        .map((i) => pad(texts[i] ?? '', widths[i] ?? 0, columns[i]?.align === 'right'))
        .join(GAP)
        .trimEnd(),
      width,
    )
  return [line(columns.map((column) => column.title)), ...cells.map(line)]
}

function keepColumns<Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
  width: number,
): number[] {
  let kept = columns.map((_, i) => i)
  const needed = (i: number) => Math.min(widths[i] ?? 0, columns[i]?.enough ?? Number.POSITIVE_INFINITY)
  const total = () => kept.reduce((sum, i) => sum + needed(i) + GAP.length, -GAP.length)
  while (total() > width) {
    const droppable = kept.filter((i) => columns[i]?.drop !== undefined)
    if (droppable.length === 0) break
    const worst = droppable.reduce((a, b) => ((columns[b]?.drop ?? 0) >= (columns[a]?.drop ?? 0) ? b : a))
    kept = kept.filter((i) => i !== worst)
  }
  return kept
}

function pad(text: string, width: number, isRight: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return isRight ? fill + text : text + fill
}

/** Cuts a safe text to `width` display cells, with `…` where something is missing. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += stringWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}
