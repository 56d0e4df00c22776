import { expect, test } from 'vitest'
import { linkKind } from '../../../src/agent/iproute2/link-kind.js'

test.each([
  ['lo', 'loopback', null, null, 'loopback'],
  ['eth0', 'ether', null, null, 'ethernet'],
  ['ppp0', 'ppp', null, null, 'other'],
  ['tun0', 'none', 'tun', 'tun', 'tun'],
  ['vnet0', 'ether', 'tun', 'tap', 'tap'],
  ['tailscale0', 'none', 'tun', 'tun', 'tailscale'],
  ['ztabcdefgh', 'ether', 'tun', 'tap', 'zerotier'],
  ['nebula1', 'none', 'tun', 'tun', 'nebula'],
  ['nebula-br', 'ether', 'bridge', null, 'bridge'],
  ['ovpn1', 'none', 'ovpn-dco', null, 'openvpn'],
  ['wg0', 'none', 'wireguard', null, 'wireguard'],
  ['gt', 'ether', 'ip6gretap', null, 'gre'],
  ['ipv6', 'sit', 'sit', null, 'ipip'],
  ['ipsec', 'ipip', 'vti', null, 'other'],
  ['new', 'ether', 'something-of-tomorrow', null, 'other'],
  ['odd', 'ether', 'constructor', null, 'other'],
])('%s of link type %s, kind %s and tun type %s is %s', (name, linkType, infoKind, tunType, kind) => {
  expect(linkKind({ name, linkType, infoKind, tunType })).toBe(kind)
})
