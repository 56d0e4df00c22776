/**
 * The schema of the database, one numbered step after another; `PRAGMA user_version` holds how many
 * were taken. A step that has been released is never edited: the next one mends it. Times are ms.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- One row an agent. Ingest writes the first block, inference the second (null before its first report).
  CREATE TABLE agents (
    agent_id TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('active', 'pending', 'revoked')),
    public_key TEXT,
    registered_at INTEGER NOT NULL,
    last_tick INTEGER NOT NULL DEFAULT -1,

    report_seq INTEGER,
    received_at INTEGER,
    collected_at INTEGER,
    hostname TEXT,
    agent_version TEXT,
    fleet_id TEXT,
    boot_id TEXT,
    interval_s REAL,
    labels TEXT,
    relay_path TEXT,
    interface_count INTEGER,
    wg_peer_count INTEGER,
    failure_count INTEGER
  ) STRICT;
  CREATE INDEX agents_by_key ON agents (public_key);

  -- Every accepted report as it was signed; body is the gzip of the exact bytes of data.
  CREATE TABLE reports (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id TEXT NOT NULL,
    tick INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    collected_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    hmac TEXT NOT NULL,
    sig TEXT,
    relay_path TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX reports_by_agent ON reports (agent_id, seq);

  -- The replay memory (protocol section 3); it outlives a reset of its agent.
  CREATE TABLE replay_nonces (
    agent_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    hmac TEXT NOT NULL,
    number INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (agent_id, nonce)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX replay_nonces_by_number ON replay_nonces (agent_id, number, seen_at);

  CREATE TABLE agent_interfaces (
    agent_id TEXT NOT NULL REFERENCES agents (agent_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    mtu INTEGER,
    mac TEXT,
    addresses TEXT NOT NULL,
    wg_public_key TEXT,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (agent_id, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX agent_interfaces_by_key ON agent_interfaces (wg_public_key) WHERE wg_public_key IS NOT NULL;

  -- Edges of the fleet's graph by layer: wireguard, relay, link, overlay. Filled when the graph is built.
  CREATE TABLE topology_edges (
    layer TEXT NOT NULL,
    from_node TEXT NOT NULL,
    to_node TEXT NOT NULL,
    evidence TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    PRIMARY KEY (layer, from_node, to_node)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE alarms (
    alarm_id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    subject TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    resolved_at INTEGER,
    evidence TEXT NOT NULL
  ) STRICT;

  -- What operators did.
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL
  ) STRICT;

  -- How far inference has come.
  CREATE TABLE inference (through_seq INTEGER NOT NULL) STRICT;
  INSERT INTO inference VALUES (0);
  `,
  `
  -- When the report that an agent's facts come from was measured, by the manager's clock.
  ALTER TABLE agents ADD COLUMN measured_at INTEGER;
  -- Retention looks for the oldest every minute; without it, it would read the whole table.
  CREATE INDEX reports_by_age ON reports (received_at);
  `,
  `
  -- Reports that waited at their agent are filed by when they were measured, each moment of a boot
  -- once. boot_id is null in rows from before this step, is_late 0: no agent had a spool then.
  ALTER TABLE reports ADD COLUMN is_late INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE reports ADD COLUMN boot_id TEXT;
  CREATE INDEX reports_by_moment ON reports (agent_id, collected_at);
  -- It found the reports of an agent; so does the one above, at no second price for each report.
  DROP INDEX reports_by_agent;
  `,
]
