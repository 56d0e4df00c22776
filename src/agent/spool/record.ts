import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { z } from 'zod'
import { reasonOf } from '../../core/error.js'
import { MAX_BODY_BYTES } from '../../core/protocol/constants.js'
import { formatPath, reportSchema } from '../../core/protocol/report.js'
import { fromWire, toWire } from '../../core/protocol/wire-names.js'
import type { Snapshot } from '../snapshot.js'

/**
 * A record is one file: the SHA-256 of its name and of all that follows, then the gzip of the
 * snapshot's JSON, in the names of the report that will be made of it. The name is in it, so that a
 * copy under another name is not a second snapshot.
 */

const CHECKSUM_BYTES = 32

/** Largest record, packed or not. A snapshot may be more than what the manager takes, but not by far. */
export const MAX_RECORD_BYTES = 8 * MAX_BODY_BYTES

const { shape } = reportSchema
/** A snapshot says all of a failure; only a report of an older agent may say less. */
const failure = z.object({ collector: z.string(), code: z.string(), message: z.string() })
const snapshotSchema = z.object({
  collected_at: shape.collected_at,
  hostname: shape.hostname,
  boot_id: shape.boot_id,
  sections: z.object({
    system: present(shape.system).exactOptional(),
    interfaces: present(shape.interfaces).exactOptional(),
    routes: present(shape.routes).exactOptional(),
    routes_total: present(shape.routes_total).exactOptional(),
    rules: present(shape.rules).exactOptional(),
    wg_interfaces: present(shape.wg_interfaces).exactOptional(),
    wg_peers: present(shape.wg_peers).exactOptional(),
    neighbours: present(shape.neighbours).exactOptional(),
  }),
  failures: z.array(failure),
})

/** A section is there or absent; only a report may also hold null. */
function present<T extends z.ZodType>(section: z.ZodOptional<z.ZodNullable<T>>): T {
  return section.unwrap().unwrap()
}

/** What a record holds, or why it holds nothing. */
export type Decoded =
  | { readonly kind: 'ok'; readonly snapshot: Snapshot }
  | { readonly kind: 'damaged'; readonly reason: string }

/** The content of the file `name`; rejects a snapshot that is too large for a record. */
export async function encodeRecord(name: string, snapshot: Snapshot): Promise<Uint8Array> {
  const json = Buffer.from(JSON.stringify(toWire<z.infer<typeof snapshotSchema>>(snapshot)))
  if (json.length > MAX_RECORD_BYTES) throw new Error(`the snapshot has ${json.length} bytes`)
  const packed = await promisify(gzip)(json)
  return Buffer.concat([checksum(name, packed), packed])
}

/** What the file `name` holds; whatever its bytes are, never rejects. */
export async function decodeRecord(name: string, content: Uint8Array): Promise<Decoded> {
  const packed = content.subarray(CHECKSUM_BYTES)
  if (!checksum(name, packed).equals(content.subarray(0, CHECKSUM_BYTES)))
    return damaged('its checksum does not match')
  try {
    const json = await promisify(gunzip)(packed, { maxOutputLength: MAX_RECORD_BYTES })
    const parsed = snapshotSchema.safeParse(JSON.parse(json.toString()))
    if (parsed.success) return { kind: 'ok', snapshot: fromWire(parsed.data) }
    const [issue] = parsed.error.issues
    return damaged(`${formatPath(issue?.path ?? [])}: ${issue?.message}`)
  } catch (thrown) {
    return damaged(reasonOf(thrown))
  }
}

function damaged(reason: string): Decoded {
  return { kind: 'damaged', reason }
}

function checksum(name: string, packed: Uint8Array): Buffer {
  return createHash('sha256').update(name).update(packed).digest()
}
