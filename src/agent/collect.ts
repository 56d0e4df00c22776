import type { Clock } from '../core/clock.js'
import { reasonOf } from '../core/error.js'
import type { CollectorFailure } from '../core/protocol/report.js'
import { readBootId } from './boot-id.js'
import { interfaces } from './collectors/interfaces.js'
import { neighbours } from './collectors/neighbours.js'
import { routes } from './collectors/routes.js'
import { rules } from './collectors/rules.js'
import { system } from './collectors/system.js'
import { wireguard } from './collectors/wireguard.js'
import type { Host } from './host.js'
import type { Collected, Collector, Sections, Snapshot } from './snapshot.js'

/** Everything that is looked at on a host. */
export const COLLECTORS: readonly Collector[] = [system, interfaces, routes, rules, wireguard, neighbours]

/** One collection cycle: all collectors at once, each on its own; never rejects. */
export async function collectSnapshot(
  host: Host,
  clock: Pick<Clock, 'now'>,
  collectors: readonly Collector[] = COLLECTORS,
): Promise<Snapshot> {
  // Before, not after: the answers come at once, and the one that is waited for is the one that fails.
  const collectedAt = clock.now()
  const [bootId, ...collected] = await Promise.all([
    readBootId(host),
    ...collectors.map((one) => collectAlone(one, host)),
  ])
  return {
    collectedAt,
    hostname: host.hostname(),
    bootId: bootId.kind === 'ok' ? bootId.value : '',
    sections: mergeSections(collected),
    failures: [
      ...(bootId.kind === 'ok' ? [] : [bootIdFailure(bootId)]),
      ...collected.flatMap((one) => one.failures),
    ],
  }
}

/** A bug in one collector costs its sections and no others. */
async function collectAlone(collector: Collector, host: Host): Promise<Collected> {
  try {
    return await collector.collect(host)
  } catch (error) {
    const message = `the collector ${collector.name} has a bug: ${reasonOf(error)}`
    return { sections: {}, failures: [{ collector: collector.name, code: 'failed', message }] }
  }
}

function bootIdFailure({ code, message }: { code: string; message: string }): CollectorFailure {
  return { collector: 'boot_id', code, message }
}

/**
 * All sections together. A userspace WireGuard is a `tun` to the kernel, so an interface that `wg`
 * lists is `wireguard` whatever the kernel calls it (protocol section 2).
 */
function mergeSections(collected: readonly Collected[]): Sections {
  const sections: Sections = Object.assign({}, ...collected.map((one) => one.sections))
  const names = new Set(collected.flatMap((one) => one.wireguardNames ?? []))
  if (sections.interfaces === undefined || names.size === 0) return sections
  return {
    ...sections,
    interfaces: sections.interfaces.map((one) => (names.has(one.name) ? { ...one, kind: 'wireguard' } : one)),
  }
}
