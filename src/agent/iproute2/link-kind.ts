/** What an interface is, in the closed list of protocol section 2. */
export type InterfaceKind =
  | 'loopback'
  | 'ethernet'
  | 'wireguard'
  | 'bridge'
  | 'vlan'
  | 'bond'
  | 'veth'
  | 'vxlan'
  | 'gre'
  | 'ipip'
  | 'tun'
  | 'tap'
  | 'macvlan'
  | 'dummy'
  | 'tailscale'
  | 'zerotier'
  | 'nebula'
  | 'openvpn'
  | 'other'

/** What `ip -j -d` says of an interface's nature: `link_type`, `linkinfo.info_kind`, `linkinfo.info_data.type`. */
export type LinkNature = {
  readonly name: string
  readonly linkType: string | null
  readonly infoKind: string | null
  /** Of a tun device only: `tun` or `tap`. */
  readonly tunType: string | null
}

/**
 * By the kernel's name of the driver. gretap and erspan are GRE that carries Ethernet; sit and
 * ip6tnl are IP packets inside IP packets as ipip is; vti and xfrm are not (they are IPsec), nor is
 * team a bond: those are `other`.
 */
const BY_INFO_KIND: ReadonlyMap<string, InterfaceKind> = new Map([
  ['wireguard', 'wireguard'],
  ['bridge', 'bridge'],
  ['vlan', 'vlan'],
  ['bond', 'bond'],
  ['veth', 'veth'],
  ['vxlan', 'vxlan'],
  ['gre', 'gre'],
  ['gretap', 'gre'],
  ['ip6gre', 'gre'],
  ['ip6gretap', 'gre'],
  ['erspan', 'gre'],
  ['ip6erspan', 'gre'],
  ['ipip', 'ipip'],
  ['sit', 'ipip'],
  ['ip6tnl', 'ipip'],
  ['macvlan', 'macvlan'],
  ['macvtap', 'macvlan'],
  ['dummy', 'dummy'],
  ['ovpn', 'openvpn'],
  ['ovpn-dco', 'openvpn'],
])

/** Overlays that run in user space are tun devices to the kernel; only the name tells whose. */
const TUN_BY_NAME: readonly (readonly [prefix: string, kind: InterfaceKind])[] = [
  ['tailscale', 'tailscale'],
  ['zt', 'zerotier'],
  ['nebula', 'nebula'],
]

/** The kind of an interface. A userspace WireGuard is a `tun` here: only `wg` knows better. */
export function linkKind({ name, linkType, infoKind, tunType }: LinkNature): InterfaceKind {
  if (linkType === 'loopback') return 'loopback'
  if (infoKind === null) return linkType === 'ether' ? 'ethernet' : 'other'
  if (infoKind === 'tun') {
    const overlay = TUN_BY_NAME.find(([prefix]) => name.startsWith(prefix))
    return overlay?.[1] ?? (tunType === 'tap' ? 'tap' : 'tun')
  }
  return BY_INFO_KIND.get(infoKind) ?? 'other'
}

/**
 * The devices that a tunnel module makes in every network namespace as soon as it is loaded. With
 * any remote address they are nobody's tunnel.
 */
const FALLBACK_NAMES = new Set([
  'tunl0',
  'gre0',
  'gretap0',
  'erspan0',
  'sit0',
  'ip6tnl0',
  'ip6gre0',
  'ip_vti0',
  'ip6_vti0',
])

/** Whether an interface is such a fallback device; `remote` is `linkinfo.info_data.remote`. */
export function isFallbackDevice(name: string, remote: unknown): boolean {
  return FALLBACK_NAMES.has(name) && remote === 'any'
}
