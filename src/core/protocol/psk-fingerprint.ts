import { createHmac } from 'node:crypto'

/**
 * The fingerprint of a WireGuard preshared key between two interfaces: both ends compute the same
 * one, nobody learns the key (protocol section 2). Keys are base64 as `wg` prints them; the result
 * is 16 lower-case hex digits.
 */
export function pskFingerprint(presharedKey: string, publicKeyA: string, publicKeyB: string): string {
  const [lesser, greater] = publicKeyA < publicKeyB ? [publicKeyA, publicKeyB] : [publicKeyB, publicKeyA]
  return createHmac('sha256', Buffer.from(presharedKey, 'base64'))
    .update(`kattila/1/wg-psk\n${lesser}\n${greater}`, 'utf8')
    .digest('hex')
    .slice(0, 16)
}
