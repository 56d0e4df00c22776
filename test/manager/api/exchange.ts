import { expect } from 'vitest'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { formatHop } from '../../../src/core/protocol/hop.js'
import { encodeReport } from '../../../src/core/protocol/report.js'
import { createMember, envelopeAround, envelopeOf, NOW, PSK, reportOf } from '../fleet.js'
import { type Body, openRig, type Rig } from '../rig.js'

export const hel = createMember(1)
export const sto = createMember(2)
export const relays = [3, 4, 5, 6].map(createMember)
export const pathOf = (length: number) => relays.slice(0, length).map((relay) => relay.agentId)
export const WINDOW_MS = 600_000

/** A report that has come over relays, with the header of its last hop. */
export function relayed(envelope: Envelope, path: readonly string[], at = NOW, psk = PSK) {
  const sent = { ...envelope, relay_path: path }
  const sender = path.at(-1) ?? envelope.agent_id ?? ''
  return { body: sent, headers: { 'Kattila-Hop': formatHop(psk, sender, at, sent) } }
}

export const without = (envelope: Envelope, field: keyof Envelope) => ({ ...envelope, [field]: undefined })

/** The data of a report with one field changed on the wire, under a right MAC and signature. */
export const withData = (change: object) =>
  envelopeAround(hel, JSON.stringify({ ...JSON.parse(encodeReport(reportOf(hel, { tick: 2 }))), ...change }))

type Request = { readonly body: Body; readonly headers?: Record<string, string> }
export type Refused = {
  readonly when: string
  readonly request: Request
  readonly status: number
  readonly code: string
  readonly path?: string
  /** The nonce an answer is proven with; absent where the MAC was not verified. */
  readonly provenFor?: string
}

export const next = reportOf(hel, { tick: 2 })
export const proven = { provenFor: next.nonce }
export const deep = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

/** A rig whose agent `hel` has reported tick 1. */
export async function openRigWithHel(): Promise<Rig> {
  const rig = await openRig()
  expect((await rig.send(envelopeOf(hel, reportOf(hel)))).json.status).toBe('ok')
  await rig.inference.idle()
  return rig
}
