import { z } from 'zod'
import type { Route } from '../../core/protocol/report.js'
import { type Family, readFamilies } from '../iproute2/read-families.js'
import { parseEntries } from '../iproute2/read-ip.js'
import { compareBy } from '../order.js'
import type { Collector } from '../snapshot.js'

/** Routes that a report carries at most: with more a report would pass the 1 MiB of protocol section 3. */
export const MAX_ROUTES = 2_000

export const routes: Collector = {
  name: 'routes',
  collect: async (host) => {
    const reading = await readFamilies(host, { collector: 'routes', argsOf: routeArgs, parse: parseRoutes })
    return reading.kind === 'ok'
      ? { sections: cutRoutes(reading.value), failures: [] }
      : { sections: {}, failures: reading.failures }
  },
}

/** One family at a time, since `default` in the answer does not say of which family it is. */
function routeArgs(family: Family): readonly string[] {
  return ['-j', '-d', `-${family}`, 'route', 'show', 'table', 'all']
}

const hop = {
  gateway: z.string().nullish(),
  via: z.object({ host: z.string() }).nullish(),
  dev: z.string().nullish(),
}

const routeEntry = z.object({
  ...hop,
  type: z.string().nullish(),
  dst: z.string(),
  prefsrc: z.string().nullish(),
  metric: z.number().nullish(),
  table: z.string().nullish(),
  protocol: z.string().nullish(),
  nexthops: z.array(z.object(hop)).nullish(),
})

/** Not about where packets of this host go, but about which ones it takes for its own or for all. */
const LEFT_OUT_TYPES = new Set(['multicast', 'broadcast', 'anycast'])

/** Routes that drop, refuse or skip, and lead nowhere. */
const DEAD_END_TYPES = new Set(['blackhole', 'unreachable', 'prohibit', 'throw'])

/**
 * The routes in the answer of `ip -j -d -4 route show table all` (or `-6`) without the table
 * `local`, one per next hop, unsorted; undefined when it is not such an answer. One entry:
 * `{"type":"unicast","dst":"10.66.0.0/24","dev":"wg0","table":"main","protocol":"kernel",
 * "scope":"link","prefsrc":"10.66.0.12","flags":[]}`
 */
export function parseRoutes(text: string, family: Family): readonly Route[] | undefined {
  return parseEntries(text, routeEntry)
    ?.filter(({ table, type }) => table !== 'local' && !LEFT_OUT_TYPES.has(type ?? 'unicast'))
    .flatMap((entry) => toRoutes(entry, family))
}

function toRoutes(entry: z.infer<typeof routeEntry>, family: Family): readonly Route[] {
  const type = entry.type ?? 'unicast'
  const hops = entry.nexthops?.length ? entry.nexthops : [entry]
  return hops.map(({ gateway, via, dev }) => ({
    dst: withPrefixLength(entry.dst, family),
    gateway: gateway ?? via?.host ?? null,
    // A dead end has no device (IPv6 shows `lo` for it, where nothing goes either), and a report
    // must name one. Empty is no interface's name; leaving such routes out would hide what drops.
    dev: DEAD_END_TYPES.has(type) ? '' : (dev ?? ''),
    source: entry.prefsrc ?? null,
    // IPv4 omits a metric of 0; IPv6 always has one.
    metric: entry.metric ?? (family === 4 ? 0 : null),
    table: entry.table ?? 'main',
    protocol: entry.protocol ?? null,
    type,
    family,
  }))
}

/** `ip` omits the prefix length of a host route. */
function withPrefixLength(dst: string, family: Family): string {
  return dst === 'default' || dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`
}

const inOrder = compareBy<Route>(
  (route) => route.family ?? 0,
  (route) => route.table ?? '',
  (route) => route.dst,
  (route) => route.metric ?? 0,
  (route) => route.dev,
  (route) => route.gateway ?? '',
  (route) => JSON.stringify(route),
)

/** When there is room for some only: default routes, then directly connected networks, then the widest. */
const byWeight = compareBy<Route>(
  (route) => (route.dst === 'default' ? 0 : route.protocol === 'kernel' ? 1 : 2),
  (route) => Number(route.dst.split('/')[1]) || 0,
)

/** The routes in a fixed order; when they are too many, the weightiest of them and their true number. */
export function cutRoutes(all: readonly Route[]): { routes: readonly Route[]; routesTotal?: number } {
  const sorted = all.toSorted(inOrder)
  if (sorted.length <= MAX_ROUTES) return { routes: sorted }
  return {
    routes: sorted.toSorted(byWeight).slice(0, MAX_ROUTES).toSorted(inOrder),
    routesTotal: sorted.length,
  }
}
