import type { Sections } from '../snapshot.js'

const LOOPBACK = '127.0.0.1'

/**
 * Where an agent listens: on loopback and on the addresses of its WireGuard interfaces, or on the one
 * it was told (protocol section 5). While the interfaces cannot be seen, undefined: nothing changes.
 */
export function listenAddresses(sections: Sections, told: string | null): readonly string[] | undefined {
  if (told !== null) return [told]
  if (!sections.interfaces) return undefined
  const tunnels = sections.interfaces.filter((one) => one.kind === 'wireguard' && one.state !== 'down')
  const addresses = tunnels.flatMap((one) => one.addresses.map((address) => address.replace(/\/\d+$/, '')))
  return [LOOPBACK, ...addresses.filter((address) => !address.toLowerCase().startsWith('fe80:'))]
}
