import fc from 'fast-check'
import type { WireReport } from '../../src/core/protocol/report.js'

/** Arbitrary reports as they travel: every field of the schema, optional ones now there, now not. */

const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => text.length === digits)
const base64url = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => Buffer.from(raw).toString('base64url'))
/** Text with everything a host name or label may hold; a lone surrogate has no UTF-8 bytes. */
const text = fc.string({ unit: 'binary', maxLength: 12 })
const nullableText = fc.option(text)
const count = fc.oneof(fc.maxSafeNat(), fc.constant(0), fc.constant(2 ** 63), fc.constant(1e300))
const timeMs = fc.integer({ min: 0, max: 4_000_000_000_000 })
const number = fc.double({ min: 0, max: 1e6, noNaN: true })
const family = fc.constantFrom(4 as const, 6 as const)
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 })
const json = fc.jsonValue({ maxDepth: 3 })
const name = text.filter((key) => key !== '__proto__')

function record<T extends object, K extends keyof T>(
  fields: { [F in keyof T]: fc.Arbitrary<T[F]> },
  required: K[],
): fc.Arbitrary<Pick<T, K> & Partial<T>> {
  return fc.record(fields, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<
    Pick<T, K> & Partial<T>
  >
}

const space = { total_bytes: count, available_bytes: count }
const system = record(
  {
    os: text,
    kernel: text,
    arch: nullableText,
    uptime_s: number,
    cpus: count,
    load: list(number),
    memory: record(space, ['total_bytes', 'available_bytes']),
    filesystems: list(record({ ...space, mount: text }, ['total_bytes', 'available_bytes', 'mount'])),
    forwarding: record({ ipv4: fc.boolean(), ipv6: fc.option(fc.boolean()) }, []),
  },
  [],
)
const networkInterface = record(
  {
    name: text,
    index: count,
    kind: text,
    state: text,
    mtu: fc.option(fc.maxSafeNat()),
    mac: nullableText,
    addresses: list(text),
    master: nullableText,
    parent: nullableText,
    details: fc.dictionary(name, json, { maxKeys: 3, noNullPrototype: true }),
    carrier_changes: count,
    rx_bytes: count,
    tx_dropped: count,
  },
  ['name', 'kind', 'state', 'addresses'],
)
const route = record(
  {
    dst: text,
    gateway: nullableText,
    dev: text,
    source: nullableText,
    metric: count,
    table: text,
    protocol: text,
    type: text,
    family,
  },
  ['dst', 'dev'],
)
const rule = record(
  {
    priority: count,
    from: text,
    to: nullableText,
    fwmark: text,
    not: fc.boolean(),
    table: text,
    suppress_prefix_length: count,
    other: list(text),
    family,
  },
  [],
)
const wgPeer = record(
  {
    interface: text,
    public_key: text,
    endpoint: nullableText,
    allowed_ips: list(text),
    latest_handshake_at: fc.option(timeMs),
    rx_bytes: count,
    tx_bytes: count,
    persistent_keepalive_s: fc.option(count),
    psk_fingerprint: fc.option(hex(16)),
  },
  ['interface', 'public_key', 'allowed_ips', 'rx_bytes', 'tx_bytes'],
)

export const arbitraryReport: fc.Arbitrary<WireReport> = record(
  {
    schema: fc.constant('kattila.report/1' as const),
    fleet_id: text,
    agent_id: hex(32),
    agent_version: text,
    hostname: text,
    public_key: fc.option(base64url(32)),
    boot_id: text,
    tick: fc.maxSafeNat(),
    timestamp: timeMs,
    collected_at: timeMs,
    nonce: base64url(16),
    interval_s: fc.integer({ min: 1, max: 3600 }),
    labels: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
    system,
    interfaces: list(networkInterface),
    routes: list(route),
    routes_total: count,
    rules: list(rule),
    wg_interfaces: list(
      record({ name: text, public_key: text, listen_port: count, fwmark: nullableText }, [
        'name',
        'public_key',
      ]),
    ),
    wg_peers: list(wgPeer),
    neighbours: list(
      record({ dev: text, address: text, mac: nullableText, state: text }, ['dev', 'address']),
    ),
    failures: list(record({ collector: text, code: text, message: text }, ['collector', 'code', 'message'])),
  },
  [
    'schema',
    'fleet_id',
    'agent_id',
    'agent_version',
    'hostname',
    'boot_id',
    'tick',
    'timestamp',
    'collected_at',
    'nonce',
    'interval_s',
  ],
)
