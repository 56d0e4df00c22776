/**
 * Wire is snake_case, memory is camelCase; this module alone knows both. The values of `labels`
 * and `details` are maps with foreign keys and stay as they are.
 */
const OPAQUE = new Set(['labels', 'details'])

type CamelName<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelName<Tail>>}`
  : S

type Opaque = 'labels' | 'details'

/** A wire type with its field names in camelCase. */
export type FromWire<T> = T extends readonly (infer Item)[]
  ? readonly FromWire<Item>[]
  : T extends object
    ? {
        readonly [K in keyof T as K extends string ? CamelName<K> : K]: K extends Opaque
          ? T[K]
          : FromWire<T[K]>
      }
    : T

/** Renames every field of a wire value to camelCase. */
export function fromWire<T>(wire: T): FromWire<T> {
  return rename(wire, (name) =>
    name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()),
  ) as FromWire<T>
}

/** Renames every field back to snake_case: the inverse of `fromWire` for the names of the protocol. */
export function toWire<T>(memory: FromWire<T>): T {
  return rename(memory, (name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)) as T
}

function rename(value: unknown, renameKey: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, renameKey))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      renameKey(name),
      OPAQUE.has(name) ? inner : rename(inner, renameKey),
    ]),
  )
}
