import { pskFingerprint } from '../../core/protocol/psk-fingerprint.js'
import type { WgInterface, WgPeer } from '../../core/protocol/report.js'
import { compareBy } from '../order.js'
import * as column from './columns.js'

export type WgDump = {
  /** Every interface that was listed, also one without a key. */
  readonly names: readonly string[]
  readonly interfaces: readonly WgInterface[]
  readonly peers: readonly WgPeer[]
}

/**
 * What `wg show all dump` says, without its secrets; undefined when a line is not what it should
 * be. Columns are separated by tabs, five for an interface and nine for each of its peers:
 *
 *     wg0  PRIVATE-KEY  R1QFWJ8C…8G0=  51820  off
 *     wg0  rxpLptSo…Ygc=  PRESHARED-KEY or (none)  10.99.11.2:51820  10.66.0.11/32  1795199462  1648  672  7
 *
 * The private key is skipped; the preshared key is used for its fingerprint and goes no further. So
 * that neither can pass for a public key when a line is damaged, every column must look right, no
 * interface may come twice, none of the peers without its interface before it, and no public key
 * may be a secret of another place. With wireguard-go the order of the peers is another at each
 * call, hence the sorting.
 */
export function parseWgDump(text: string): WgDump | undefined {
  const found: Found = { interfaces: new Map(), peers: [], secrets: new Set() }
  const lines = text.split('\n').filter((line) => line !== '')
  if (!lines.every((line) => takeLine(line.split('\t'), found))) return undefined
  const withKey = [...found.interfaces.values()].filter((one) => one !== null)
  if ([...withKey, ...found.peers].some((one) => found.secrets.has(one.publicKey))) return undefined
  return {
    names: [...found.interfaces.keys()].toSorted(),
    interfaces: withKey.toSorted(compareBy((one) => one.name)),
    peers: found.peers.toSorted(
      compareBy(
        (peer) => peer.interface,
        (peer) => peer.publicKey,
      ),
    ),
  }
}

/** What the lines up to here said; an interface without a key is null. `secrets` never leaves this file. */
type Found = {
  readonly interfaces: Map<string, WgInterface | null>
  readonly peers: WgPeer[]
  readonly secrets: Set<string>
}

const INTERFACE_COLUMNS = 5
const PEER_COLUMNS = 9

/** Adds what a line says; false when it cannot be a line of this answer. */
function takeLine(columns: readonly string[], { interfaces, peers, secrets }: Found): boolean {
  const [name = '', second = '', third = ''] = columns
  const own = interfaces.get(name)
  if (own === undefined) {
    const parsed = columns.length === INTERFACE_COLUMNS ? parseInterface(columns) : undefined
    if (parsed === undefined) return false
    interfaces.set(name, parsed)
    secrets.add(second)
    return true
  }
  const peer = columns.length === PEER_COLUMNS ? parsePeer(columns, own?.publicKey ?? null) : undefined
  if (peer) peers.push(peer)
  secrets.add(third)
  return peer !== undefined
}

/**
 * Null for an interface that was given no key yet: without one it has no identity and can reach
 * nobody, so there is nothing to tell of it but that it exists, which the interfaces do.
 */
function parseInterface(columns: readonly string[]): WgInterface | null | undefined {
  const [name = '', privateKey = '', publicKey = '', port = '', mark = ''] = columns
  const listenPort = column.portOf(port)
  const fwmark = column.fwmarkOf(mark)
  if (listenPort === undefined || fwmark === undefined || !column.isName(name)) return undefined
  if (privateKey === '(none)' && publicKey === '(none)') return null
  if (!column.isKey(privateKey) || !column.isKey(publicKey)) return undefined
  return { name, publicKey, listenPort, fwmark }
}

/** Null for a peer of an interface without a key. */
function parsePeer(columns: readonly string[], ownKey: string | null): WgPeer | null | undefined {
  const [
    name = '',
    publicKey = '',
    psk = '',
    to = '',
    ips = '',
    handshake = '',
    rx = '',
    tx = '',
    keepalive = '',
  ] = columns
  const endpoint = column.endpointOf(to)
  const allowedIps = column.prefixesOf(ips)
  const latestHandshakeAt = column.timeOf(handshake)
  const rxBytes = column.countOf(rx)
  const txBytes = column.countOf(tx)
  const persistentKeepaliveS = column.keepaliveOf(keepalive)
  if (!column.isKey(publicKey) || !(psk === '(none)' || column.isKey(psk))) return undefined
  if (endpoint === undefined || allowedIps === undefined || persistentKeepaliveS === undefined)
    return undefined
  if (latestHandshakeAt === undefined || rxBytes === undefined || txBytes === undefined) return undefined
  if (ownKey === null) return null
  return {
    interface: name,
    publicKey,
    endpoint,
    allowedIps,
    latestHandshakeAt,
    rxBytes,
    txBytes,
    persistentKeepaliveS,
    pskFingerprint: psk === '(none)' ? null : pskFingerprint(psk, ownKey, publicKey),
  }
}
