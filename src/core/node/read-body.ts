import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { RefusalCode } from '../protocol/answer.js'
import { MAX_BODY_BYTES } from '../protocol/constants.js'

const unzip = promisify(gunzip)

export type BodyResult =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string }

/**
 * Reads a request's body, at most 1 MiB as it comes and after decompression (protocol section 3).
 * Reading stops at the limit, whatever `Content-Length` says.
 */
export async function readBody(request: Request): Promise<BodyResult> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding !== 'identity' && encoding !== 'gzip') {
    return {
      kind: 'refused',
      code: 'unsupported_encoding',
      message: `content encoding ${encoding} is not spoken here, only gzip`,
    }
  }
  if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES) return TOO_LARGE
  const chunks: Uint8Array[] = []
  let size = 0
  if (request.body) {
    for await (const chunk of request.body) {
      size += chunk.length
      if (size > MAX_BODY_BYTES) return TOO_LARGE
      chunks.push(chunk)
    }
  }
  const bytes = Buffer.concat(chunks)
  if (encoding === 'identity') return { kind: 'body', bytes }
  try {
    return { kind: 'body', bytes: await unzip(bytes, { maxOutputLength: MAX_BODY_BYTES }) }
  } catch (thrown) {
    const isTooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE'
    return isTooLarge
      ? TOO_LARGE
      : { kind: 'refused', code: 'malformed', message: 'the body is not gzip, though its encoding says so' }
  }
}

const TOO_LARGE: BodyResult = {
  kind: 'refused',
  code: 'too_large',
  message: `the body is larger than ${MAX_BODY_BYTES} bytes`,
}
