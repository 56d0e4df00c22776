import type { WgInterface, WgPeer } from '../../core/protocol/report.js'
import type { CollectorFailureCode, Host } from '../host.js'
import type { Collected, Collector } from '../snapshot.js'
import { parseWgDump } from '../wireguard/parse-dump.js'

/**
 * What WireGuard says. Its answer holds private keys, so the failures are told in sentences of our
 * own: nothing that `wg` printed, and no message of a bug found while parsing it, gets into a report.
 */
export const wireguard: Collector = {
  name: 'wireguard',
  collect: (host) => readWireguard(host).catch(() => failed('failed')),
}

async function readWireguard(host: Host): Promise<Collected> {
  const result = await host.run('wg', ['show', 'all', 'dump'])
  if (result.kind === 'failed') return failed(result.code)
  const dump = parseWgDump(result.value)
  if (dump === undefined) return failed('unparsable')
  const wgInterfaces: readonly WgInterface[] = dump.interfaces
  const wgPeers: readonly WgPeer[] = dump.peers
  return { sections: { wgInterfaces, wgPeers }, failures: [], wireguardNames: dump.names }
}

function failed(code: CollectorFailureCode): Collected {
  return { sections: {}, failures: [{ collector: 'wireguard', code, message: MESSAGES[code] }] }
}

const MESSAGES: Readonly<Record<CollectorFailureCode, string>> = {
  not_installed: '`wg` was not found on this host; it comes with the Debian package wireguard-tools',
  not_permitted: '`wg show all dump` was refused; the agent must run as root or with CAP_NET_ADMIN',
  timeout:
    '`wg show all dump` did not answer in time and was stopped; a userspace WireGuard process may be stuck',
  too_large: '`wg show all dump` printed more than the agent takes in',
  unparsable: '`wg show all dump` printed something else than the 5 and 9 columns expected of it',
  not_found: '`wg show all dump` failed; run it on this host to see why',
  failed: '`wg show all dump` failed; run it on this host to see why',
}
