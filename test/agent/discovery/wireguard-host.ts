import type { NetworkInterface, WgPeer } from '../../../src/core/protocol/report.js'

/** A WireGuard peer that may have these addresses. */
export const peer = (...allowedIps: string[]): WgPeer => ({
  interface: 'wg0',
  publicKey: 'key',
  allowedIps,
  rxBytes: 0,
  txBytes: 0,
})
/** A WireGuard interface with these addresses. */
export const networkInterface = (...addresses: string[]): NetworkInterface => ({
  name: 'wg0',
  kind: 'wireguard',
  state: 'unknown',
  addresses,
})
