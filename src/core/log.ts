/** Where the program tells what it does: structured fields and a sentence. */
export type Log = {
  readonly [L in 'debug' | 'info' | 'warn' | 'error']: (
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ) => void
}
