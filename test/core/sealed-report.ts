import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

/** Reports sealed as the protocol says, without the code under test; every part can be made wrong. */

export const NOW = 1_763_650_000_123
export const PSK = Buffer.from('the secret of the test fleet')
export const AGENT_ID = '0f3c9a5e7b1d42608c4e6f8091a2b3c4'
export const RELAY_A = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
export const RELAY_B = 'b1b2c3d4e5f60718293a4b5c6d7e8f90'
export const RELAY_C = 'c1b2c3d4e5f60718293a4b5c6d7e8f90'
export const NONCE = 'AAECAwQFBgcICQoLDA0ODw'

/** RFC 8410, section 7: the prefix of a PKCS #8 Ed25519 key. */
function keyFromSeed(seed: Buffer): { privateKey: KeyObject; publicKey: string } {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: spki.subarray(-32).toString('base64url') }
}
export const KEY = keyFromSeed(Buffer.alloc(32, 7))
export const OTHER_KEY = keyFromSeed(Buffer.alloc(32, 8))

/** The least that is a report. */
export const DATA = {
  schema: 'kattila.report/1',
  fleet_id: 'default',
  agent_id: AGENT_ID,
  agent_version: '0.1.0',
  hostname: 'hel-1',
  public_key: KEY.publicKey,
  boot_id: '37b2f2aee171436e9e3551f51361d465',
  tick: 812,
  timestamp: NOW,
  collected_at: NOW - 22,
  nonce: NONCE,
  interval_s: 30,
}

export function hmac(psk: Uint8Array, text: string): string {
  return createHmac('sha256', psk).update(text, 'utf8').digest('hex')
}

export function signature(key: KeyObject, text: string): string {
  return sign(null, Buffer.from(text, 'utf8'), key).toString('base64url')
}

export type Sealing = {
  /** Fields of `data` to set; undefined removes one. */
  readonly data?: Readonly<Record<string, unknown>>
  /** The text of `data` itself, in the place of the above. */
  readonly text?: string
  readonly psk?: Uint8Array
  readonly key?: KeyObject
  /** Fields of the envelope to set after sealing; undefined removes one. */
  readonly outside?: Readonly<Record<string, unknown>>
}

/** An envelope, good unless the sealing says otherwise. */
export function seal({
  data = {},
  text = JSON.stringify({ ...DATA, ...data }),
  psk = PSK,
  key = KEY.privateKey,
  outside,
}: Sealing = {}) {
  const signed = `kattila/1/report\n${text}`
  return {
    v: 1,
    type: 'report',
    agent_id: AGENT_ID,
    data: text,
    hmac: hmac(psk, signed),
    sig: signature(key, signed),
    relay_path: [] as string[],
    ...outside,
  }
}

/** A registration of the same agent (protocol section 4). */
export function sealRegistration({ data = {}, psk = PSK, key = KEY.privateKey, outside }: Sealing = {}) {
  const { public_key, agent_id, hostname, agent_version, timestamp, nonce } = DATA
  const fields = { public_key, agent_id, hostname, agent_version, timestamp, nonce }
  const text = JSON.stringify({ schema: 'kattila.register/1', ...fields, ...data })
  const signed = `kattila/1/register\n${text}`
  return {
    v: 1,
    type: 'register',
    agent_id: AGENT_ID as string | null,
    data: text,
    hmac: hmac(psk, signed),
    sig: signature(key, signed),
    relay_path: [] as string[],
    ...outside,
  }
}

export function bytesOf(envelope: unknown): Buffer {
  return Buffer.from(JSON.stringify(envelope), 'utf8')
}

/** The hop header of protocol section 5. */
export function hopHeader(envelope: { hmac: string; relay_path: string[] }, change: Partial<Hop> = {}) {
  const {
    psk = PSK,
    agent = envelope.relay_path.at(-1) ?? AGENT_ID,
    at = NOW,
    path = envelope.relay_path,
  } = change
  return `v=1; agent=${agent}; at=${at}; mac=${hmac(psk, `kattila/1/hop\n${agent}\n${at}\n${path.join(',')}\n${envelope.hmac}`)}`
}
type Hop = { psk: Uint8Array; agent: string; at: number; path: string[] }
