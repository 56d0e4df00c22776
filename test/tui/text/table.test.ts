import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { type Column, cut, formatTable } from '../../../src/tui/text/table.js'

type Row = { readonly name: string; readonly size: string; readonly note: string }
const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'SIZE', cell: (row) => row.size, align: 'right', drop: 1 },
  { title: 'NOTE', cell: (row) => row.note, enough: 6 },
]

describe('a table', () => {
  test('is as wide as its texts, with the last column ragged', () => {
    expect(formatTable([{ name: 'a', size: '10', note: 'x' }], columns, 80)).toEqual([
      'NAME  SIZE  NOTE',
      'a       10  x',
    ])
  })

  test('cuts the last column to what is enough before it drops another', () => {
    const rows = [{ name: 'a', size: '10', note: 'a rather long note' }]
    expect(formatTable(rows, columns, 20)[1]).toBe('a       10  a rathe…')
    expect(formatTable(rows, columns, 14)).toEqual(['NAME  NOTE', 'a     a rathe…'])
  })

  test('never passes its width, whatever its texts hold', () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: hostile, size: hostile, note: hostile })),
        fc.integer({ min: 4, max: 120 }),
        (rows, width) => {
          for (const line of formatTable(rows, columns, width)) {
            expect(stringWidth(line)).toBeLessThanOrEqual(width)
            expect(line).not.toMatch(/\p{Cc}/u)
          }
        },
      ),
    )
  })

  test('a text of 10 kB pushes no other column off the screen', () => {
    const [, line] = formatTable([{ name: 'n'.repeat(10_000), size: '10', note: 'x' }], columns, 80)
    expect(line).toMatch(/…\s+10 {2}x$/)
  })
})

test('cut counts display cells, not characters', () => {
  expect(cut('日本語', 5)).toBe('日本…')
  expect(cut('日本語', 6)).toBe('日本語')
})
