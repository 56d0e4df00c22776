import { formatBytes, formatDuration, safeText } from '../../core/text.js'

/** How an agent's reports fare. Times in ms since the epoch; null where nothing is known yet. */
export type AgentHealth = {
  readonly version: string
  readonly uptimeS: number
  readonly lastPushAt: number | null
  readonly lastPushUrl: string | null
  readonly lastPushWay: 'direct' | 'relay' | null
  readonly consecutiveFailures: number
  readonly lastFailure: string | null
  readonly clockOffsetMs: number | null
  readonly relay: { readonly available: boolean; readonly hops: number | null }
  readonly spool: {
    readonly length: number
    readonly bytes: number
    readonly oldestAt: number | null
    readonly dropped: number
  }
}

/** The health of an agent for people, one fact a line. */
export function formatAgentHealth(health: AgentHealth, now: number): string[] {
  const { spool, relay } = health
  const ago = (at: number) => `${formatDuration(now - at)} ago`
  const way = health.lastPushWay === 'direct' ? 'to the manager' : 'through the relay'
  const waiting = `${spool.length} reports, ${formatBytes(spool.bytes)}`
  return [
    `agent        kattila ${health.version}, up ${formatDuration(health.uptimeS * 1000)}`,
    `last report  ${health.lastPushAt === null ? 'none was stored yet' : `${ago(health.lastPushAt)}, ${way} ${health.lastPushUrl}`}`,
    `failures     ${health.consecutiveFailures === 0 ? 'none' : `${health.consecutiveFailures} in a row: ${health.lastFailure}`}`,
    `on disk      ${spool.length === 0 ? 'nothing waits' : `${waiting}, the oldest ${ago(spool.oldestAt ?? now)}`}${spool.dropped > 0 ? `; ${spool.dropped} lost` : ''}`,
    `relays       ${relay.available ? `for others, ${relay.hops} hops from a manager` : 'not for others: it knows no way to a manager'}`,
    `clock        ${health.clockOffsetMs === null ? 'not compared yet' : `${health.clockOffsetMs} ms from the manager’s`}`,
  ].map(safeText)
}
