import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether an `Authorization` header carries this token (`Bearer`, RFC 6750), in constant time whatever was given. */
export function isBearer(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

/** Equal lengths for unequal texts. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
