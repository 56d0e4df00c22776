import type {
  Neighbour,
  NetworkInterface,
  Report,
  Route,
  Rule,
  System,
  WgPeer,
} from '../../core/protocol/report.js'
import { formatBytes, formatDuration, safeText } from '../../core/text.js'
import { type Column, formatTable } from './table.js'

/** What one host showed: the sections of a report, each absent where it could not be collected. */
export type HostSections = Pick<
  Report,
  | 'system'
  | 'interfaces'
  | 'routes'
  | 'routesTotal'
  | 'rules'
  | 'wgInterfaces'
  | 'wgPeers'
  | 'neighbours'
  | 'failures'
>

/** How wide, how many rows a section may take, and what the ages are counted from (ms). */
export type HostLayout = { readonly width: number; readonly maxRows: number; readonly now: number }

const INTERFACES: readonly Column<NetworkInterface>[] = [
  { title: 'INTERFACE', cell: (one) => one.name },
  { title: 'KIND', cell: (one) => one.kind },
  { title: 'STATE', cell: (one) => one.state },
  { title: 'MTU', cell: (one) => String(one.mtu ?? '-'), align: 'right', drop: 2 },
  {
    title: 'RX',
    cell: (one) => (one.rxBytes == null ? '-' : formatBytes(one.rxBytes)),
    align: 'right',
    drop: 1,
  },
  {
    title: 'TX',
    cell: (one) => (one.txBytes == null ? '-' : formatBytes(one.txBytes)),
    align: 'right',
    drop: 1,
  },
  { title: 'ADDRESSES', cell: (one) => one.addresses.join(' ') || '-', enough: 20 },
]

const peerColumns = (now: number): readonly Column<WgPeer>[] => [
  { title: 'TUNNEL', cell: (peer) => peer.interface },
  { title: 'PEER', cell: (peer) => `${peer.publicKey.slice(0, 8)}…` },
  {
    title: 'HANDSHAKE',
    cell: (peer) =>
      peer.latestHandshakeAt == null ? 'never' : `${formatDuration(now - peer.latestHandshakeAt)} ago`,
    align: 'right',
  },
  { title: 'RX', cell: (peer) => formatBytes(peer.rxBytes), align: 'right' },
  { title: 'TX', cell: (peer) => formatBytes(peer.txBytes), align: 'right' },
  { title: 'ENDPOINT', cell: (peer) => peer.endpoint ?? '-', drop: 1 },
  {
    title: 'KEEPALIVE',
    cell: (peer) => (peer.persistentKeepaliveS == null ? 'off' : `${peer.persistentKeepaliveS}s`),
    align: 'right',
    drop: 2,
  },
  { title: 'ALLOWED IPS', cell: (peer) => peer.allowedIps.join(' ') || '-', enough: 18 },
]

const ROUTES: readonly Column<Route>[] = [
  {
    title: 'ROUTE',
    cell: (route) => (route.type && route.type !== 'unicast' ? `${route.type} ${route.dst}` : route.dst),
  },
  { title: 'VIA', cell: (route) => route.gateway ?? '-' },
  { title: 'DEV', cell: (route) => route.dev || '-' },
  { title: 'TABLE', cell: (route) => route.table ?? 'main' },
  { title: 'METRIC', cell: (route) => String(route.metric ?? 0), align: 'right', drop: 1 },
  { title: 'PROTOCOL', cell: (route) => route.protocol ?? '-', drop: 2 },
]

const RULES: readonly Column<Rule>[] = [
  { title: 'RULE', cell: (rule) => String(rule.priority ?? '-'), align: 'right' },
  {
    title: 'MATCH',
    cell: (rule) =>
      `${rule.not ? 'not ' : ''}from ${rule.from ?? 'all'}${rule.to ? ` to ${rule.to}` : ''}${rule.fwmark ? ` fwmark ${rule.fwmark}` : ''}`,
  },
  { title: 'TABLE', cell: (rule) => rule.table ?? '-' },
  { title: 'FAMILY', cell: (rule) => (rule.family == null ? '-' : `IPv${rule.family}`), drop: 1 },
]

const NEIGHBOURS: readonly Column<Neighbour>[] = [
  { title: 'NEIGHBOUR', cell: (one) => one.address ?? '-' },
  { title: 'MAC', cell: (one) => one.mac ?? '-' },
  { title: 'DEV', cell: (one) => one.dev ?? '-' },
  { title: 'STATE', cell: (one) => one.state ?? '-' },
]

/** A host for people: every section with its table, what could not be seen, and why. */
export function formatHost(sections: HostSections, layout: HostLayout): string[] {
  const { width, now } = layout
  const table = <Row>(
    title: string,
    rows: readonly Row[] | null | undefined,
    columns: readonly Column<Row>[],
    total = rows?.length ?? 0,
  ): string[] => {
    if (!rows) return []
    if (rows.length === 0) return [`no ${title}`, '']
    const shown = rows.slice(0, layout.maxRows)
    const more = total - shown.length
    return [...formatTable(shown, columns, width), ...(more > 0 ? [`… ${more} more ${title}`] : []), '']
  }
  return [
    ...formatSystem(sections.system),
    ...table('WireGuard peers', sections.wgPeers, peerColumns(now)),
    ...table('interfaces', sections.interfaces, INTERFACES),
    ...table('routes', sections.routes, ROUTES, sections.routesTotal ?? undefined),
    ...table('policy rules', sections.rules?.filter(isOwnRule), RULES),
    ...table('neighbours', sections.neighbours, NEIGHBOURS),
    ...formatFailures(sections.failures),
  ]
}

/** The three rules that every Linux host has say nothing about this one. */
function isOwnRule({ priority }: Rule): boolean {
  return priority !== 0 && priority !== 32766 && priority !== 32767
}

function formatSystem(system: System | null | undefined): string[] {
  if (!system) return []
  const { memory, filesystems, forwarding } = system
  const facts = [
    [system.os, system.kernel, system.arch].filter(Boolean).join(' '),
    system.uptimeS == null ? '' : `up ${formatDuration(system.uptimeS * 1000)}`,
    system.load ? `load ${system.load.join(' ')}` : '',
    memory ? `memory ${formatSpace(memory)}` : '',
    ...(filesystems ?? []).map((one) => `${one.mount ?? '?'} ${formatSpace(one)}`).slice(0, 1),
    forwarding ? `forwarding IPv4 ${onOff(forwarding.ipv4)}, IPv6 ${onOff(forwarding.ipv6)}` : '',
  ]
  return [safeText(facts.filter(Boolean).join(' · ')), '']
}

type Space = {
  readonly totalBytes?: number | null | undefined
  readonly availableBytes?: number | null | undefined
}

function formatSpace({ totalBytes, availableBytes }: Space): string {
  const [free, total] = [availableBytes, totalBytes].map((bytes) =>
    bytes == null ? '?' : formatBytes(bytes),
  )
  return `${free} free of ${total}`
}

function onOff(value: boolean | null | undefined): string {
  return value == null ? 'unknown' : value ? 'on' : 'off'
}

function formatFailures(failures: HostSections['failures']): string[] {
  if (!failures || failures.length === 0) return []
  return [
    'Not collected:',
    ...failures.map(({ collector, code, message }) =>
      safeText(`  ${collector ?? '?'} (${code ?? '?'}): ${message ?? ''}`),
    ),
    '',
  ]
}
