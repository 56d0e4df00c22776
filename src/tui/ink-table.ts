import { createRequire } from 'node:module'
import * as ink from 'ink'
import type { ComponentType } from 'react'

/** A small static table: one column per key of its rows. For live lists it is too slow by far. */
export type InkTable = ComponentType<{
  readonly data: readonly Readonly<Record<string, string>>[]
  /** Draws the lines between the cells. */
  readonly skeleton: () => null
}>

/**
 * Loads ink-table beside a modern Ink. It is CommonJS and requires Ink, which is an ES module with
 * top-level await that `require` refuses (ERR_REQUIRE_ASYNC_MODULE): so the Ink that is loaded
 * already stands in the module cache under the path that ink-table resolves, just while it loads.
 */
export function loadInkTable(): InkTable {
  const require = createRequire(import.meta.url)
  const path = createRequire(require.resolve('ink-table')).resolve('ink')
  const before = require.cache[path]
  const loaded = { id: path, path, filename: path, loaded: true, exports: ink, children: [], paths: [] }
  require.cache[path] = loaded as unknown as NodeJS.Module
  try {
    return (require('ink-table') as { default: InkTable }).default
  } finally {
    if (before) require.cache[path] = before
    else delete require.cache[path]
  }
}
