import { z } from 'zod'
import type { Clock } from '../../core/clock.js'
import type { HttpClient } from '../../core/node/http.js'

export type ProbePorts = { readonly http: HttpClient; readonly clock: Pick<Clock, 'now'> }

/** What an agent says of itself to anyone (`GET /status/peer`, protocol section 5). */
export type Peer = {
  readonly agentId: string
  readonly version: string
  /** `hops`: how many agents a report would pass after this one, 0 when it reaches a manager directly. */
  readonly relay: { readonly available: boolean; readonly hops: number | null }
}

/** The answer of the agent at an address. */
export type Answered = Peer & {
  readonly address: string
  /** Its server, e.g. `http://10.66.0.12:5087`. */
  readonly url: string
  /** From asking to the end of the answer, ms. */
  readonly rttMs: number
}

/** A stranger's answer is not read further than this, bytes; an agent's has about 150. */
const MAX_ANSWER_BYTES = 16_384

/** Asks whether an agent answers at an address; undefined when none does, whatever else answers. */
export async function probe(
  { http, clock }: ProbePorts,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<Answered | undefined> {
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`
  const askedAt = clock.now()
  const answer = await http.send({
    method: 'GET',
    url: `${url}/status/peer`,
    // Otherwise a connection to every address that answers would stay open for a while.
    headers: { connection: 'close' },
    timeoutMs,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  })
  const rttMs = Math.max(0, clock.now() - askedAt)
  const peer = answer.kind === 'answer' && answer.status === 200 ? decodePeer(answer.body) : undefined
  return peer && { ...peer, address, url, rttMs }
}

const peerSchema = z.object({
  agent_id: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.string().max(100),
  relay: z.object({ available: z.boolean(), hops: z.int().min(0).nullable() }),
})

/** The answer to `GET /status/peer`; undefined when it is not one. Fields it does not know are ignored. */
export function decodePeer(body: string): Peer | undefined {
  const parsed = peerSchema.safeParse(parseJson(body))
  if (!parsed.success) return undefined
  const { agent_id, version, relay } = parsed.data
  return { agentId: agent_id, version, relay }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
