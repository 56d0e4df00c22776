import type { RefusalCode } from './answer.js'
import { MAX_HOPS } from './constants.js'
import { decodeEnvelope, type Envelope } from './envelope.js'
import { hopFault } from './hop.js'
import { findKey, type Psk } from './mac.js'

export type Forwardable = {
  readonly kind: 'forwardable'
  /** As it came, without this relay in its path. */
  readonly envelope: Envelope
  readonly psk: Psk
}
export type ForwardRefusal = {
  readonly kind: 'refused'
  readonly code: RefusalCode
  readonly message: string
}

/**
 * What a relay checks before it forwards anything (protocol section 5): size, shape, MAC, hop header,
 * that it is not on the path already, and that the path has room for it. The content of `data` is
 * none of its business.
 */
export function judgeForward(
  bytes: Uint8Array,
  relay: {
    readonly keys: readonly Psk[]
    readonly now: number
    readonly hop: string | undefined
    readonly ownId: string
  },
): Forwardable | ForwardRefusal {
  const refuse = (code: RefusalCode, message: string): ForwardRefusal => ({ kind: 'refused', code, message })
  const decoded = decodeEnvelope(bytes)
  if (decoded.kind === 'fault') return refuse(decoded.code, decoded.message)
  const { envelope } = decoded
  if (envelope.type !== 'report' || envelope.agent_id === null)
    return refuse('malformed', 'only reports are relayed')
  const psk = findKey(relay.keys, envelope.type, envelope.data, envelope.hmac)
  if (!psk) return refuse('bad_signature', 'no known key makes this MAC')
  const fault = hopFault(envelope, relay.hop, relay.keys, relay.now)
  if (fault) return refuse('bad_hop', fault)
  const path = [envelope.agent_id, ...envelope.relay_path]
  if (path.includes(relay.ownId) || new Set(path).size !== path.length)
    return refuse('relay_loop', 'the report came past this agent already, or past another one twice')
  if (envelope.relay_path.length >= MAX_HOPS)
    return refuse('too_many_hops', `the report came through ${MAX_HOPS} agents already`)
  return { kind: 'forwardable', envelope, psk }
}
