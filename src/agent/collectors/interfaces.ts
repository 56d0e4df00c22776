import { z } from 'zod'
import type { NetworkInterface } from '../../core/protocol/report.js'
import { isFallbackDevice, linkKind } from '../iproute2/link-kind.js'
import { parseEntries, readIp } from '../iproute2/read-ip.js'
import { compareBy } from '../order.js'
import type { Collector } from '../snapshot.js'

/**
 * Links, kinds, counters and addresses in one consistent answer. The second `-s` adds
 * `carrier_changes`, which /sys/class/net has as well, but of the network namespace /sys was
 * mounted in, and that need not be ours.
 */
const ADDR_ARGS = ['-j', '-d', '-s', '-s', 'addr', 'show']

export const interfaces: Collector = {
  name: 'interfaces',
  collect: async (host) => {
    const reading = await readIp(host, ADDR_ARGS, parseInterfaces)
    if (reading.kind === 'ok') return { sections: { interfaces: reading.value }, failures: [] }
    const { code, message } = reading
    return { sections: {}, failures: [{ collector: 'interfaces', code, message }] }
  },
}

const counters = z.object({
  bytes: z.number(),
  packets: z.number(),
  errors: z.number(),
  dropped: z.number(),
  carrier_changes: z.number().nullish(),
})

const linkEntry = z.object({
  ifindex: z.number(),
  ifname: z.string(),
  link: z.string().nullish(),
  link_netnsid: z.number().nullish(),
  mtu: z.number().nullish(),
  master: z.string().nullish(),
  operstate: z.string(),
  link_type: z.string().nullish(),
  address: z.string().nullish(),
  linkinfo: z
    .object({ info_kind: z.string().nullish(), info_data: z.record(z.string(), z.unknown()).nullish() })
    .nullish(),
  addr_info: z.array(z.object({ local: z.string().nullish(), prefixlen: z.number().nullish() })).nullish(),
  stats64: z.object({ rx: counters, tx: counters }).nullish(),
})

type LinkEntry = z.infer<typeof linkEntry>

/**
 * The interfaces in the answer of `ip -j -d -s -s addr show`, without the tunnel modules' fallback
 * devices, in the order of their indexes; undefined when it is not such an answer. One entry, cut:
 * `{"ifindex":3,"ifname":"wg0","flags":["POINTOPOINT","UP","LOWER_UP"],"mtu":1420,"operstate":"UNKNOWN",
 * "link_type":"none","linkinfo":{"info_kind":"wireguard"},"addr_info":[{"local":"10.66.0.12",
 * "prefixlen":24}],"stats64":{"rx":{"bytes":1648,"packets":9,…},"tx":{…,"carrier_changes":0}}}`
 */
export function parseInterfaces(text: string): readonly NetworkInterface[] | undefined {
  return parseEntries(text, linkEntry)
    ?.filter((link) => !isFallbackDevice(link.ifname, link.linkinfo?.info_data?.remote))
    .map(toInterface)
    .toSorted(compareBy(({ index }) => index ?? 0))
}

function toInterface(link: LinkEntry): NetworkInterface {
  const infoKind = link.linkinfo?.info_kind ?? null
  const infoData = link.linkinfo?.info_data ?? {}
  const { rx, tx } = link.stats64 ?? {}
  return {
    name: link.ifname,
    index: link.ifindex,
    kind: linkKind({
      name: link.ifname,
      linkType: link.link_type ?? null,
      infoKind,
      tunType: textOf(infoData.type),
    }),
    state: link.operstate.toLowerCase(),
    mtu: link.mtu ?? null,
    mac: macOf(link.address),
    addresses: addressesOf(link),
    master: link.master ?? null,
    parent: parentOf(link),
    details: overlayDetails(infoKind, infoData),
    carrierChanges: tx?.carrier_changes ?? null,
    rxBytes: rx?.bytes ?? null,
    txBytes: tx?.bytes ?? null,
    rxPackets: rx?.packets ?? null,
    txPackets: tx?.packets ?? null,
    rxErrors: rx?.errors ?? null,
    txErrors: tx?.errors ?? null,
    rxDropped: rx?.dropped ?? null,
    txDropped: tx?.dropped ?? null,
  }
}

function addressesOf({ addr_info }: LinkEntry): readonly string[] {
  const texts = (addr_info ?? []).flatMap(({ local, prefixlen }) =>
    local == null || prefixlen == null ? [] : [`${local}/${prefixlen}`],
  )
  // Two addresses with different peers can have the same local end.
  return [...new Set(texts)].toSorted(
    compareBy(
      (address) => (address.includes(':') ? 6 : 4),
      (address) => address,
    ),
  )
}

/**
 * The interface that this one runs over. Not that of a veth, whose `link` is its other end, nor one
 * with `link_netnsid`, whose index belongs to another network namespace and would name a stranger.
 */
function parentOf({ link, link_netnsid, linkinfo }: LinkEntry): string | null {
  if (link_netnsid != null || linkinfo?.info_kind === 'veth') return null
  return link ?? textOf(linkinfo?.info_data?.link)
}

/** Of a tunnel `address` is an IP address, of loopback zeros; neither is a MAC. */
function macOf(address: string | null | undefined): string | null {
  const isMac = address != null && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address)
  return isMac && address !== '00:00:00:00:00:00' ? address : null
}

const OVERLAYS = /^(vxlan|geneve|vlan|ipip|sit|ip6tnl|vti6?|(ip6)?(gre|gretap|erspan))$/

/** What identifies an overlay, under the names of protocol section 2; empty for anything else. */
function overlayDetails(
  infoKind: string | null,
  data: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (infoKind === null || !OVERLAYS.test(infoKind)) return {}
  const details = {
    // An `external` device carries every id; the 0 that `ip` shows is none of them.
    id: data.external === true ? undefined : data.id,
    local: addressOf(data.local ?? data.local6),
    remote: addressOf(data.remote ?? data.remote6),
    group: addressOf(data.group ?? data.group6),
    port: data.port,
  }
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value != null))
}

function addressOf(value: unknown): string | null {
  return value === 'any' ? null : textOf(value)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
