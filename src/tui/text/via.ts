/** The way a report came: ids of the relays, the first one first, and their host names where known. */
export type Via = {
  readonly relayPath: readonly string[]
  /** One for each id; absent from an older manager. */
  readonly relayNames?: readonly (string | null)[]
}

/** The relays by name, or by the beginning of their id: `n2 → n1`; undefined when it came directly. Not safe for a terminal yet. */
export function formatVia({ relayPath, relayNames }: Via): string | undefined {
  if (relayPath.length === 0) return undefined
  return relayPath.map((id, i) => relayNames?.[i] ?? id.slice(0, 8)).join(' → ')
}
