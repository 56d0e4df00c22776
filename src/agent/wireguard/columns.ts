/**
 * The columns of `wg show all dump`, each as narrow as it can be: undefined is a text that `wg`
 * does not print there, null its way to say "none".
 */

/** An interface name: at most 15 bytes, without space or slash (IFNAMSIZ of the kernel). */
export function isName(text: string): boolean {
  return /^[^\s/]{1,15}$/.test(text)
}

/** 32 bytes in base64. */
export function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text)
}

/** A listening port; 0, printed while an interface has none yet, is null. */
export function portOf(text: string): number | null | undefined {
  const port = countOf(text)
  if (port === undefined || port > 65_535) return undefined
  return port === 0 ? null : port
}

/** `0xca6c` or `off`. */
export function fwmarkOf(text: string): string | null | undefined {
  if (text === 'off') return null
  return /^0x[0-9a-f]{1,8}$/.test(text) ? text : undefined
}

/** `203.0.113.9:51820`, `[2001:db8::9]:51820`, `[fe80::1%eth0]:51820` or `(none)`. */
export function endpointOf(text: string): string | null | undefined {
  if (text === '(none)') return null
  return /^([0-9.]{7,15}|\[[0-9a-f:.]{2,45}(%[^\s\]]{1,15})?\]):[0-9]{1,5}$/.test(text) ? text : undefined
}

/** `10.66.0.11/32,fd66::11/128` sorted, or `(none)`, which is an empty list. */
export function prefixesOf(text: string): readonly string[] | undefined {
  if (text === '(none)') return []
  const prefixes = text.split(',')
  return prefixes.every((prefix) => /^[0-9a-f:.]{2,45}\/[0-9]{1,3}$/.test(prefix))
    ? prefixes.toSorted()
    : undefined
}

/** A whole number; past 2^53 its last digits are lost. */
export function countOf(text: string): number | undefined {
  return /^[0-9]{1,20}$/.test(text) ? Number(text) : undefined
}

/** Whole seconds since the epoch, 0 for never; in ms. */
export function timeOf(text: string): number | null | undefined {
  const ms = (countOf(text) ?? Number.NaN) * 1000
  if (!Number.isSafeInteger(ms)) return undefined
  return ms === 0 ? null : ms
}

/** Seconds or `off`. */
export function keepaliveOf(text: string): number | null | undefined {
  return text === 'off' ? null : countOf(text)
}
