import { CLOCK_WINDOW_MS } from './constants.js'
import { computeMac, isSameMac, type Psk } from './mac.js'

/** A fleet member's authorisation on a GET (protocol section 5). */

/** The text under its MAC, after the purpose prefix. */
function content(path: string, agentId: string, at: number, nonce: string): string {
  return `${path}\n${agentId}\n${at}\n${nonce}`
}

/** The value of `Authorization`: `Kattila agent=<id>,at=<ms>,nonce=<b64url>,mac=<hex>`. */
export function formatGetAuthorisation(
  psk: Psk,
  path: string,
  agentId: string,
  at: number,
  nonce: string,
): string {
  const mac = computeMac(psk, 'get', content(path, agentId, at, nonce))
  return `Kattila agent=${agentId},at=${at},nonce=${nonce},mac=${mac}`
}

/** Whether an `Authorization` header proves a member that asks for this path within the clock window. */
export function isMember(
  header: string | undefined,
  path: string,
  keys: readonly Psk[],
  now: number,
): boolean {
  const match =
    /^Kattila agent=([0-9a-f]{32}),at=(\d{1,15}),nonce=([A-Za-z0-9_-]{22}),mac=([0-9a-f]{64})$/.exec(
      header ?? '',
    )
  if (!match) return false
  const [, agentId = '', at = '', nonce = '', mac = ''] = match
  if (Math.abs(now - Number(at)) > CLOCK_WINDOW_MS) return false
  return keys.some((key) => isSameMac(computeMac(key, 'get', content(path, agentId, Number(at), nonce)), mac))
}
