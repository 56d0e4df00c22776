import { formatDuration } from '../../core/text.js'
import { type Column, formatTable } from './table.js'
import { formatVia, type Via } from './via.js'

/** One agent as the fleet matrix shows it. Times in ms; null where nothing is known yet. */
export type FleetRow = Via & {
  readonly agentId: string
  readonly hostname: string | null
  readonly status: string
  readonly reporting: string
  readonly receivedAt: number | null
  readonly agentVersion: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly interfaceCount: number | null
  readonly wgPeerCount: number | null
  readonly failureCount: number | null
}

const GLYPHS: Readonly<Record<string, string>> = { reporting: '●', late: '◐', silent: '✖', never: '○' }
const WORST_FIRST = ['silent', 'late', 'never', 'reporting']

const count = (value: number | null) => (value === null ? '?' : String(value))

const columns = (now: number): readonly Column<FleetRow>[] => [
  { title: 'AGENT', cell: (row) => row.hostname ?? '-' },
  {
    title: 'STATE',
    cell: (row) => `${GLYPHS[row.reporting] ?? ' '} ${row.status === 'active' ? row.reporting : row.status}`,
  },
  {
    title: 'LAST',
    cell: (row) => (row.receivedAt === null ? '-' : formatDuration(now - row.receivedAt)),
    align: 'right',
  },
  { title: 'IFACES', cell: (row) => count(row.interfaceCount), align: 'right' },
  { title: 'PEERS', cell: (row) => count(row.wgPeerCount), align: 'right' },
  { title: 'FAILED', cell: (row) => (row.failureCount ? `${row.failureCount} collectors` : '-'), drop: 1 },
  {
    title: 'VIA',
    cell: (row) => formatVia(row) ?? 'direct',
    drop: 3,
  },
  { title: 'VERSION', cell: (row) => row.agentVersion ?? '-', drop: 4 },
  { title: 'ID', cell: (row) => row.agentId.slice(0, 8), drop: 2 },
  {
    title: 'LABELS',
    cell: (row) =>
      Object.entries(row.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(',') || '-',
    drop: 5,
  },
]

/** The fleet matrix: one line an agent, problems first, then by name. */
export function formatFleet(rows: readonly FleetRow[], width: number, now: number): string[] {
  if (rows.length === 0) return ['no agent has reported yet']
  const sorted = [...rows].sort(
    (a, b) =>
      WORST_FIRST.indexOf(a.reporting) - WORST_FIRST.indexOf(b.reporting) ||
      (a.hostname ?? '').localeCompare(b.hostname ?? '') ||
      a.agentId.localeCompare(b.agentId),
  )
  return formatTable(sorted, columns(now), width)
}
