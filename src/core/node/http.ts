import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { gzipSync } from 'node:zlib'
import { MAX_BODY_BYTES } from '../protocol/constants.js'

/** What came of one request: an answer of whatever status, or no answer and why. */
export type HttpOutcome =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: IncomingMessage['headers']
      readonly body: string
    }
  | {
      readonly kind: 'failed'
      readonly reason: 'refused' | 'timed_out' | 'unreachable' | 'broken'
      readonly message: string
    }

type HttpRequest = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  /** An answer that is longer fails, bytes; without it a whole fleet's listing is taken. */
  readonly maxAnswerBytes?: number
}

/** Sends a request and waits for the whole answer; never rejects, never follows a redirect. */
export type HttpClient = {
  readonly send: (request: HttpRequest) => Promise<HttpOutcome>
  readonly close: () => void
}

/** Below this a body fits one packet anyway, bytes. */
const GZIP_FROM_BYTES = 1200

/**
 * Opens a client on node:http with keep-alive. `fetch` would cost the daemon 26 MB of memory
 * (issue 2).
 */
export function openHttpClient(): HttpClient {
  const plain = new HttpAgent({ keepAlive: true })
  const secure = new HttpsAgent({ keepAlive: true })
  const send = (request: HttpRequest) =>
    new Promise<HttpOutcome>((resolve) => {
      const isSecure = request.url.startsWith('https:')
      const body = encodeBody(request.body)
      const options = {
        method: request.method,
        headers: { accept: 'application/json', ...body.headers, ...request.headers },
        signal: AbortSignal.timeout(request.timeoutMs),
        agent: isSecure ? secure : plain,
      }
      const fail = (thrown: Error) => resolve(describeFailure(thrown, request.timeoutMs))
      const take = (answer: IncomingMessage) =>
        readBody(answer, request.maxAnswerBytes ?? MAX_ANSWER_BYTES).then(
          (text) =>
            resolve({ kind: 'answer', status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
          fail,
        )
      const open = isSecure ? httpsRequest : httpRequest
      try {
        open(request.url, options, take).on('error', fail).end(body.bytes)
      } catch (thrown) {
        // Of a header or URL that Node does not take, e.g. a token with a letter beyond latin-1.
        fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
      }
    })
  return {
    send,
    close: () => {
      plain.destroy()
      secure.destroy()
    },
  }
}

function encodeBody(body: string | undefined): { bytes?: Buffer; headers: Record<string, string | number> } {
  if (body === undefined) return { headers: {} }
  const isZipped = body.length >= GZIP_FROM_BYTES
  const bytes = isZipped ? gzipSync(body) : Buffer.from(body, 'utf8')
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length }
  return { bytes, headers: isZipped ? { ...headers, 'content-encoding': 'gzip' } : headers }
}

async function readBody(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** An operator's listing of a large fleet passes a report's limit. */
const MAX_ANSWER_BYTES = 64 * MAX_BODY_BYTES

function describeFailure(thrown: Error & { code?: string }, timeoutMs: number): HttpOutcome {
  const message = thrown.message || thrown.code || 'no reason given'
  if (thrown.name === 'TimeoutError' || thrown.name === 'AbortError')
    return { kind: 'failed', reason: 'timed_out', message: `no answer within ${timeoutMs} ms` }
  if (thrown.code === 'ECONNREFUSED')
    return { kind: 'failed', reason: 'refused', message: 'nothing listens there (connection refused)' }
  // Without a code it is our own refusal of the answer.
  if (
    thrown.code === undefined ||
    thrown.code === 'ECONNRESET' ||
    thrown.code === 'EPIPE' ||
    thrown.code?.startsWith('HPE_')
  )
    return { kind: 'failed', reason: 'broken', message }
  return { kind: 'failed', reason: 'unreachable', message }
}
