import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { macInput } from './mac.js'

/** An agent's Ed25519 key pair; `publicKey` is base64url of the 32 raw bytes, as it travels in reports. */
export type Identity = { readonly privateKey: KeyObject; readonly publicKey: string }

/** DER prefix of an Ed25519 SubjectPublicKeyInfo; the 32 raw bytes follow (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * Encodings of the points of order 1, 2, 4 and 8 on edwards25519, canonical and not. Under such a
 * key a signature can be right for any message (RFC 8032, section 5.1.7 leaves the check to us).
 * The highest bit, the sign of x, is masked before comparing.
 */
const LOW_ORDER_Y = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/** Makes a new identity. */
export function generateIdentity(): Identity {
  return identityOf(generateKeyPairSync('ed25519').privateKey)
}

/** Reads an identity from the PEM text (PKCS #8) that `identityPem` wrote; throws when it is none. */
export function parseIdentityPem(pem: string): Identity {
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 private key')
  return identityOf(privateKey)
}

/** The private key as PEM (PKCS #8), for a 0600 file. */
export function identityPem(identity: Identity): string {
  return identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function identityOf(privateKey: KeyObject): Identity {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: spki.subarray(SPKI_PREFIX.length).toString('base64url') }
}

/** The `sig` of an envelope: base64url of Ed25519 over the same text that the MAC covers (protocol section 1). */
export function signData(identity: Identity, type: 'report' | 'register', data: string): string {
  return sign(null, Buffer.from(macInput(type, data), 'utf8'), identity.privateKey).toString('base64url')
}

/** Whether `sig` is `publicKey`'s signature of this data; false for anything undecodable or of low order. */
export function isSignedBy(
  publicKey: string,
  type: 'report' | 'register',
  data: string,
  sig: string,
): boolean {
  const raw = decodeBase64url(publicKey, 32)
  const signature = decodeBase64url(sig, 64)
  if (!raw || !signature || isLowOrder(publicKey)) return false
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(macInput(type, data), 'utf8'), key, signature)
}

/** The bytes of their one encoding; Node alone would also take padding, the other alphabet, spaces and stray bits. */
function decodeBase64url(text: string, bytes: number): Buffer | undefined {
  const raw = Buffer.from(text, 'base64url')
  return raw.length === bytes && raw.toString('base64url') === text ? raw : undefined
}

/** Whether a public key is one of the low-order points, under which signatures prove nothing. */
export function isLowOrder(publicKey: string): boolean {
  const raw = Buffer.from(publicKey, 'base64url')
  const last = raw.length - 1
  if (last >= 0) raw.writeUInt8(raw.readUInt8(last) & 0x7f, last)
  return LOW_ORDER_Y.has(raw.toString('hex'))
}
