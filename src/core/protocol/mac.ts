import { createHmac, timingSafeEqual } from 'node:crypto'

/** A fleet secret: the bytes as published, used as the HMAC key as they are (protocol section 1). */
export type Psk = Uint8Array

/** What a MAC is for; the prefix makes a MAC made for one purpose useless for any other. */
type Purpose = 'report' | 'register' | 'ack' | 'hop' | 'get'

/** The text that is authenticated for a purpose, before its UTF-8 bytes are taken (protocol sections 1, 3, 5). */
export function macInput(purpose: Purpose, content: string): string {
  return `kattila/1/${purpose}\n${content}`
}

/** hex(HMAC-SHA256(psk, "kattila/1/" + purpose + "\n" + content)), 64 lower-case digits. */
export function computeMac(psk: Psk, purpose: Purpose, content: string): string {
  return createHmac('sha256', psk).update(macInput(purpose, content), 'utf8').digest('hex')
}

/** Compares two MACs in constant time; a wrong length is simply unequal. */
export function isSameMac(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8')
  const right = Buffer.from(b, 'utf8')
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The first key that makes this MAC, or undefined. */
export function findKey(
  keys: readonly Psk[],
  purpose: Purpose,
  content: string,
  mac: string,
): Psk | undefined {
  return keys.find((key) => isSameMac(computeMac(key, purpose, content), mac))
}
