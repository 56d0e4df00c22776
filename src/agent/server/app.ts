import { type Context, Hono } from 'hono'
import type { Clock } from '../../core/clock.js'
import { reasonOf } from '../../core/error.js'
import type { Log } from '../../core/log.js'
import { isBearer } from '../../core/node/bearer.js'
import type { HttpOutcome } from '../../core/node/http.js'
import { readBody } from '../../core/node/read-body.js'
import { REFUSAL_STATUS, type RefusalCode } from '../../core/protocol/answer.js'
import { BUDGET_HEADER, parseBudget } from '../../core/protocol/budget.js'
import { judgeForward } from '../../core/protocol/forward.js'
import { isMember } from '../../core/protocol/get-authorisation.js'
import { HOP_HEADER, parseHop } from '../../core/protocol/hop.js'
import type { Psk } from '../../core/protocol/mac.js'
import type { Parcel } from '../delivery/deliver.js'
import type { RelayGate } from './rate.js'

/** What an agent's server needs of its agent. */
export type AgentServerPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  readonly ownId: () => string
  readonly keys: () => readonly Psk[]
  /** Told that no known secret makes the MAC of a report, as after a rotation that this agent has not seen. */
  readonly onBadSignature: () => void
  /** How many agents a report passes after this one; null when this one knows no way. */
  readonly hops: () => number | null
  /** How the agent's own reports fare, for members. */
  readonly health: () => Readonly<Record<string, unknown>>
  /** The newest interfaces and routes as on the wire, for members. */
  readonly network: () => Readonly<Record<string, unknown>>
  /** Brings another agent's report to a manager; undefined when there is no way within its budget. */
  readonly forward: (parcel: Parcel) => Promise<HttpOutcome | undefined>
  readonly gate: RelayGate
  /** The token for what only this host's operator may do. */
  readonly token: string
  /** Forgets spool and identity, and gives the new id. */
  readonly reset: () => Promise<string>
}

/** A sender that is refused for now is asked to wait for this long, s. */
const RETRY_AFTER_S = 5

/** The agent's HTTP application (protocol section 5). */
export function createAgentApp(ports: AgentServerPorts): Hono {
  const { clock, version, ownId, keys } = ports
  const startedAt = clock.now()
  const app = new Hono()
  const isFromMember = (c: Context) =>
    isMember(c.req.header('authorization'), c.req.path, keys(), clock.now())
  const refuse = (c: Context, code: RefusalCode, message: string) => {
    if (code === 'rate_limited' || code === 'unavailable') c.header('Retry-After', String(RETRY_AFTER_S))
    return c.json({ error: { code, message }, server_time: clock.now() }, REFUSAL_STATUS[code])
  }

  app.get('/status/healthcheck', (c) => {
    const uptime = Math.floor((clock.now() - startedAt) / 1000)
    return c.json({ status: 'ok', version, uptime_s: uptime, ...(isFromMember(c) ? ports.health() : {}) })
  })

  app.get('/status/peer', (c) => {
    const hops = ports.hops()
    const relay = { available: hops !== null, hops }
    const more = isFromMember(c) ? ports.network() : {}
    return c.json({ agent_id: ownId(), version, relay, server_time: clock.now(), ...more })
  })

  app.post('/status/relay', async (c) => {
    const arrivedAt = clock.now()
    const body = await readBody(c.req.raw)
    if (body.kind === 'refused') return refuse(c, body.code, body.message)
    const hop = c.req.header(HOP_HEADER)
    const judged = judgeForward(body.bytes, { keys: keys(), now: arrivedAt, hop, ownId: ownId() })
    if (judged.kind === 'refused') {
      if (judged.code === 'bad_signature') ports.onBadSignature()
      return refuse(c, judged.code, judged.message)
    }
    const leave = ports.gate.enter(parseHop(hop ?? '')?.agentId ?? '')
    if (!leave)
      return refuse(
        c,
        'rate_limited',
        'this relay carries enough for this sender; send it later or another way',
      )
    try {
      const envelope = { ...judged.envelope, relay_path: [...judged.envelope.relay_path, ownId()] }
      const budgetMs = parseBudget(c.req.header(BUDGET_HEADER)) - (clock.now() - arrivedAt)
      const answer = await ports.forward({ envelope, psk: judged.psk, budgetMs })
      if (answer?.kind !== 'answer') return refuse(c, 'unavailable', 'this relay reaches no manager now')
      return passOn(answer)
    } finally {
      leave()
    }
  })

  app.post('/status/reset', async (c) => {
    if (!isBearer(c.req.header('authorization'), ports.token)) {
      const error = { code: 'unauthorized', message: 'this needs the agent’s own token' }
      return c.json({ error, server_time: clock.now() }, 401)
    }
    return c.json({ status: 'ok', agent_id: await ports.reset(), server_time: clock.now() })
  })

  app.notFound((c) =>
    c.json({ error: { code: 'not_found', message: 'there is nothing here' }, server_time: clock.now() }, 404),
  )
  app.onError((thrown, c) => {
    ports.log.error({ path: c.req.path, reason: reasonOf(thrown) }, 'a request failed')
    return refuse(c, 'unavailable', 'the agent could not do this now')
  })
  return app
}

/** The manager's answer, unchanged: its proof is for the origin. */
function passOn({ status, headers, body }: Extract<HttpOutcome, { kind: 'answer' }>): Response {
  const retryAfter = headers['retry-after']
  const passed = {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  }
  return new Response(body, { status, headers: passed })
}
