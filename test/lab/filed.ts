import Database from 'better-sqlite3'

/** A report as the manager filed it; times in ms. */
export type Filed = {
  readonly seq: number
  readonly host: string
  readonly tick: number
  readonly collectedAt: number
  readonly signedAt: number
  readonly receivedAt: number
  /** The hosts that relayed it, first relay first. */
  readonly path: readonly string[]
  readonly isLate: boolean
}

/** All that a manager filed, in the order of filing, as another process sees it; `nameOf` names the host of an agent. */
export function readFiled(database: string, nameOf: (agentId: string) => string): readonly Filed[] {
  const db = new Database(database, { readonly: true })
  try {
    const rows = db
      .prepare(
        'SELECT seq, agent_id, tick, timestamp, collected_at, received_at, relay_path, is_late FROM reports ORDER BY seq',
      )
      .all() as Row[]
    return rows.map((row) => ({
      seq: row.seq,
      host: nameOf(row.agent_id),
      tick: row.tick,
      collectedAt: row.collected_at,
      signedAt: row.timestamp,
      receivedAt: row.received_at,
      path: (JSON.parse(row.relay_path) as string[]).map(nameOf),
      isLate: row.is_late === 1,
    }))
  } finally {
    db.close()
  }
}

type Row = {
  readonly seq: number
  readonly agent_id: string
  readonly tick: number
  readonly timestamp: number
  readonly collected_at: number
  readonly received_at: number
  readonly relay_path: string
  readonly is_late: 0 | 1
}

/** One line for people, e.g. `n4 tick 9 over [n3,n2] measured 21:26:42.722 filed 21:26:42.801`. */
export function formatFiled({ host, tick, path, collectedAt, receivedAt }: Filed): string {
  return `${host} tick ${tick} over [${path}] measured ${formatTime(collectedAt)} filed ${formatTime(receivedAt)}`
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, -1)
}
