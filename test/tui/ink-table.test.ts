import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

test('ink-table draws with the Ink that this program loads', async () => {
  const { renderToString } = await import('ink')
  const { createElement } = await import('react')
  const { loadInkTable } = await import('../../src/tui/ink-table.js')
  const table = createElement(loadInkTable(), {
    data: [{ what: 'manager', where: 'here' }],
    skeleton: () => null,
  })
  expect(
    renderToString(table)
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual(['what     where', 'manager  here'])
})

test('loading it leaves the module cache as it was', async () => {
  const { loadInkTable } = await import('../../src/tui/ink-table.js')
  loadInkTable()
  const require = createRequire(import.meta.url)
  expect(Object.keys(require.cache).filter((path) => /node_modules\/ink\/build/.test(path))).toEqual([])
})
