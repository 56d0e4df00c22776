import type Database from 'better-sqlite3'

/** Pages given back to the filesystem per slice. */
const VACUUM_PAGES = 256

/** Deletes old reports a slice at a time; see `Store.prune`. */
export function createRetention(
  db: Database.Database,
): (before: number, maxBytes: number, slice: number) => number {
  // The report that an agent's facts come from is what `kattila agents ID` shows, however old it is.
  const oldest = `SELECT seq FROM reports AS r
    WHERE received_at < ? AND seq <= (SELECT through_seq FROM inference)
      AND NOT EXISTS (SELECT 1 FROM agents AS a WHERE a.agent_id = r.agent_id AND a.report_seq = r.seq)
    ORDER BY received_at, seq LIMIT ?`
  const remove = db.prepare(`DELETE FROM reports WHERE seq IN (${oldest})`)
  const figure = (name: string) => db.pragma(name, { simple: true }) as number
  return (before, maxBytes, slice) => {
    const usedBytes = (figure('page_count') - figure('freelist_count')) * figure('page_size')
    const removed = remove.run(usedBytes > maxBytes ? Number.MAX_SAFE_INTEGER : before, slice).changes
    db.pragma(`incremental_vacuum(${VACUUM_PAGES})`)
    return removed
  }
}
