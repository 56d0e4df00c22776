import { createHash } from 'node:crypto'
import { type Envelope, signEnvelope } from '../../src/core/protocol/envelope.js'
import { generateIdentity, type Identity } from '../../src/core/protocol/identity.js'
import { computeMac, type Psk } from '../../src/core/protocol/mac.js'
import { encodeReport, type Report } from '../../src/core/protocol/report.js'

/** Members of a fleet as a manager meets them: what they report and how they sign it. */

export const PSK: Psk = Buffer.from('correct horse battery staple')
export const PREVIOUS_PSK: Psk = Buffer.from('the secret before that one')
export const NOW = 1_763_650_000_000

export type Member = { readonly agentId: string; readonly identity: Identity }

/** A member by a number of one's own choice. */
export function createMember(number: number): Member {
  return { agentId: digestOf(`agent ${number}`, 'hex').slice(0, 32), identity: generateIdentity() }
}

/** 22 characters that stand for 16 bytes, another one for each text. */
export function nonceOf(text: string): string {
  return digestOf(text, 'base64url').slice(0, 22)
}

/** A small whole report: tick 1 of a host with two interfaces and one peer. */
export function reportOf({ agentId, identity }: Member, change: Partial<Report> = {}): Report {
  const tick = change.tick ?? 1
  return {
    schema: 'kattila.report/1',
    fleetId: 'default',
    agentId,
    agentVersion: '0.1.0',
    hostname: `host-${agentId.slice(0, 4)}`,
    publicKey: identity.publicKey,
    bootId: 'b001',
    tick,
    timestamp: NOW,
    collectedAt: NOW - 20,
    nonce: nonceOf(`${agentId} ${tick}`),
    intervalS: 30,
    labels: { site: 'hel' },
    interfaces: [
      {
        name: 'eth0',
        kind: 'ethernet',
        state: 'up',
        mtu: 1500,
        mac: '02:00:00:00:00:01',
        addresses: ['10.0.0.2/24'],
      },
      { name: 'wg0', kind: 'wireguard', state: 'unknown', mtu: 1420, addresses: ['10.9.0.1/24'] },
    ],
    wgInterfaces: [{ name: 'wg0', publicKey: 'wg0-public-key', listenPort: 51820 }],
    wgPeers: [
      { interface: 'wg0', publicKey: 'peer-key', allowedIps: ['10.9.0.2/32'], rxBytes: 1, txBytes: 2 },
    ],
    failures: [],
    ...change,
  }
}

/** The envelope of a report, signed as an agent does; `change` then alters it on the way. */
export function envelopeOf(
  member: Member,
  report: Report,
  change: Partial<Envelope> = {},
  psk = PSK,
): Envelope {
  const envelope = signEnvelope('report', member.agentId, encodeReport(report), psk, member.identity)
  return { ...envelope, ...change }
}

/** An envelope around any text as `data`, with a right MAC and a right signature. */
export function envelopeAround(member: Member, data: string, psk = PSK): Envelope {
  return signEnvelope('report', member.agentId, data, psk, member.identity)
}

/** The same without a signature: what a smaller agent sends. */
export function unsignedEnvelope(member: Member, report: Report): Envelope {
  const { sig: _, ...rest } = envelopeOf(member, report)
  return rest
}

/** The envelope of a registration; the wire's own names. */
export function registrationOf(member: Member, change: Record<string, unknown> = {}, psk = PSK): Envelope {
  const data = {
    schema: 'kattila.register/1',
    agent_id: member.agentId,
    hostname: 'hel-1',
    agent_version: '0.1.0',
    public_key: member.identity.publicKey,
    timestamp: NOW,
    nonce: nonceOf('registration'),
    ...change,
  }
  return signEnvelope('register', data.agent_id, JSON.stringify(data), psk, member.identity)
}

/** What an answer's `mac` must be (protocol section 3). */
export function answerMac(
  psk: Psk,
  agentId: string,
  nonce: string,
  outcome: string,
  serverTime: number,
): string {
  return computeMac(psk, 'ack', `${agentId}\n${nonce}\n${outcome}\n${serverTime}`)
}

function digestOf(text: string, encoding: 'hex' | 'base64url'): string {
  return createHash('sha256').update(text).digest(encoding)
}
