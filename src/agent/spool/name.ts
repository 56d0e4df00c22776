/** What the name of a record's file says. */
type RecordName = { readonly collectedAt: number; readonly sequence: number }

/** Digits of the largest safe integer, and of more snapshots than any agent takes. */
const TIME_DIGITS = 16
const SEQUENCE_DIGITS = 10
const PATTERN = new RegExp(`^(\\d{${TIME_DIGITS}})-(\\d{${SEQUENCE_DIGITS}})\\.snapshot$`)

/** The file of one record; names sort by when the snapshot was measured, then by when it was put. */
export function formatRecordName({ collectedAt, sequence }: RecordName): string {
  const digits = (value: number, length: number) => String(value).padStart(length, '0')
  return `${digits(collectedAt, TIME_DIGITS)}-${digits(sequence, SEQUENCE_DIGITS)}.snapshot`
}

/** Parses e.g. `0001795198700000-0000000042.snapshot`; undefined for a file that is no record's. */
export function parseRecordName(name: string): RecordName | undefined {
  const [, collectedAt, sequence] = (PATTERN.exec(name) ?? []).map(Number)
  if (collectedAt === undefined || sequence === undefined || !Number.isSafeInteger(collectedAt)) return
  return { collectedAt, sequence }
}

/** The sequence number after one; it starts over where its digits end. */
export function sequenceAfter(sequence: number): number {
  return (sequence + 1) % 10 ** SEQUENCE_DIGITS
}
