/**
 * A comparison by one key after the other, for `toSorted`: numbers by size, texts by code unit, so
 * that the order is the same on every machine whatever its locale.
 */
export function compareBy<T>(...keys: readonly ((item: T) => string | number)[]): (a: T, b: T) => number {
  return (a, b) => {
    for (const key of keys) {
      const left = key(a)
      const right = key(b)
      if (left < right) return -1
      if (left > right) return 1
    }
    return 0
  }
}
