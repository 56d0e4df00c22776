import { z } from 'zod'
import { type FromWire, toWire } from './wire-names.js'

/**
 * The `data` of a report (protocol section 2). Unknown fields are ignored; a section that could not
 * be collected is absent, and an empty list means "looked, and there is none".
 */

/** Milliseconds since the Unix epoch. */
const timeMs = z.int().min(0)
/** Kernel counters may pass 2^53 on a busy link: any whole number, its last digits at the mercy of JSON. */
const count = z.number().min(0).refine(Number.isInteger, 'expected a whole number')
const agentId = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 lower-case hex digits')
const nonce = z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'expected base64url of 16 bytes')
const publicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected base64url of 32 bytes')

const space = z.object({ total_bytes: count.nullish(), available_bytes: count.nullish() })

const system = z.object({
  os: z.string().nullish(),
  kernel: z.string().nullish(),
  arch: z.string().nullish(),
  uptime_s: z.number().min(0).nullish(),
  cpus: count.nullish(),
  load: z.array(z.number().min(0)).nullish(),
  memory: space.nullish(),
  filesystems: z.array(space.extend({ mount: z.string().nullish() })).nullish(),
  forwarding: z.object({ ipv4: z.boolean().nullish(), ipv6: z.boolean().nullish() }).nullish(),
})

const networkInterface = z.object({
  name: z.string(),
  index: count.nullish(),
  kind: z.string(),
  state: z.string(),
  mtu: z.int().min(0).nullish(),
  mac: z.string().nullish(),
  addresses: z.array(z.string()),
  master: z.string().nullish(),
  parent: z.string().nullish(),
  details: z.record(z.string(), z.unknown()).nullish(),
  carrier_changes: count.nullish(),
  rx_bytes: count.nullish(),
  tx_bytes: count.nullish(),
  rx_packets: count.nullish(),
  tx_packets: count.nullish(),
  rx_errors: count.nullish(),
  tx_errors: count.nullish(),
  rx_dropped: count.nullish(),
  tx_dropped: count.nullish(),
})

const route = z.object({
  dst: z.string(),
  gateway: z.string().nullish(),
  dev: z.string(),
  source: z.string().nullish(),
  metric: count.nullish(),
  table: z.string().nullish(),
  protocol: z.string().nullish(),
  type: z.string().nullish(),
  family: z.union([z.literal(4), z.literal(6)]).nullish(),
})

const rule = z.object({
  priority: count.nullish(),
  from: z.string().nullish(),
  to: z.string().nullish(),
  fwmark: z.string().nullish(),
  not: z.boolean().nullish(),
  table: z.string().nullish(),
  /** Routes of the table up to this prefix length do not count: wg-quick hides main's default route with 0. */
  suppress_prefix_length: count.nullish(),
  /**
   * Names of what else the rule says, by the names of `ip -j rule`: a condition (`iif`, `uid_start`)
   * or an action other than a lookup (`goto`, `l3mdev`). Only a rule without any is fully told here.
   */
  other: z.array(z.string()).nullish(),
  family: z.union([z.literal(4), z.literal(6)]).nullish(),
})

const wgInterface = z.object({
  name: z.string(),
  public_key: z.string(),
  listen_port: count.nullish(),
  fwmark: z.string().nullish(),
})

const wgPeer = z.object({
  interface: z.string(),
  public_key: z.string(),
  endpoint: z.string().nullish(),
  allowed_ips: z.array(z.string()),
  latest_handshake_at: timeMs.nullish(),
  rx_bytes: count,
  tx_bytes: count,
  persistent_keepalive_s: count.nullish(),
  psk_fingerprint: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'expected 16 lower-case hex digits')
    .nullish(),
})

const neighbour = z.object({
  dev: z.string().nullish(),
  address: z.string().nullish(),
  mac: z.string().nullish(),
  state: z.string().nullish(),
})

const failure = z.object({
  collector: z.string().nullish(),
  code: z.string().nullish(),
  message: z.string().nullish(),
})

export const reportSchema = z.object({
  schema: z.literal('kattila.report/1'),
  fleet_id: z.string(),
  agent_id: agentId,
  agent_version: z.string(),
  hostname: z.string(),
  public_key: publicKey.nullish(),
  boot_id: z.string(),
  tick: z.int().min(0),
  timestamp: timeMs,
  collected_at: timeMs,
  nonce,
  interval_s: z.number().positive(),
  labels: z.record(z.string(), z.string()).nullish(),
  system: system.nullish(),
  interfaces: z.array(networkInterface).nullish(),
  routes: z.array(route).nullish(),
  /** The true number of routes where the list was cut; absent where it is whole. */
  routes_total: count.nullish(),
  rules: z.array(rule).nullish(),
  wg_interfaces: z.array(wgInterface).nullish(),
  wg_peers: z.array(wgPeer).nullish(),
  neighbours: z.array(neighbour).nullish(),
  failures: z.array(failure).nullish(),
})

/** The `data` of a registration (protocol section 4). */
export const registerSchema = z.object({
  schema: z.literal('kattila.register/1'),
  agent_id: agentId.nullable(),
  hostname: z.string(),
  agent_version: z.string(),
  public_key: publicKey.nullish(),
  timestamp: timeMs,
  nonce,
  enrol_token: z.string().nullish(),
})

/** A report as it travels, in snake_case. */
export type WireReport = z.infer<typeof reportSchema>
/** A report as the program holds it. Times in ms since the epoch, sizes in bytes. */
export type Report = FromWire<WireReport>
export type Registration = FromWire<z.infer<typeof registerSchema>>

type Item<T> = NonNullable<T> extends readonly (infer I)[] ? I : never

export type System = NonNullable<Report['system']>
export type NetworkInterface = Item<Report['interfaces']>
export type Route = Item<Report['routes']>
export type Rule = Item<Report['rules']>
export type WgInterface = Item<Report['wgInterfaces']>
export type WgPeer = Item<Report['wgPeers']>
export type Neighbour = Item<Report['neighbours']>
/** Why a section is missing from a report. */
export type CollectorFailure = {
  readonly [F in keyof Item<Report['failures']>]-?: NonNullable<Item<Report['failures']>[F]>
}

/** The JSON text of a report: the exact text that is signed and sent. */
export function encodeReport(report: Report): string {
  return JSON.stringify(toWire<WireReport>(report))
}

/** Where in the data a schema error lies, e.g. `wg_peers[3].endpoint`; empty for the whole. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${String(step)}` : String(step),
    '',
  )
}
