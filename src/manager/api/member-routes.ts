import { Hono } from 'hono'
import type { Clock } from '../../core/clock.js'
import { readBody } from '../../core/node/read-body.js'
import { HOP_HEADER } from '../../core/protocol/hop.js'
import type { Ingest } from '../ingest/ingest.js'
import { answerRefusal, answerTaken } from './answers.js'

/** What fleet members call: `POST /status/updates` and `POST /status/register` (protocol sections 3 and 4). */
export function memberRoutes(ingest: Ingest, clock: Clock, config: { readonly intervalS: number }): Hono {
  const routes = new Hono()

  routes.post('/updates', async (c) => {
    const body = await readBody(c.req.raw)
    if (body.kind === 'refused') return answerRefusal(c, body, clock.now())
    const verdict = await ingest.report(body.bytes, c.req.header(HOP_HEADER))
    if (verdict.kind === 'refused') return answerRefusal(c, verdict, clock.now())
    return answerTaken(c, verdict.kind === 'accepted' ? 'ok' : 'duplicate', verdict.proof, clock.now())
  })

  routes.post('/register', async (c) => {
    const body = await readBody(c.req.raw)
    if (body.kind === 'refused') return answerRefusal(c, body, clock.now())
    const outcome = await ingest.register(body.bytes, c.req.header(HOP_HEADER))
    if (outcome.kind === 'refused') return answerRefusal(c, outcome, clock.now())
    return answerTaken(c, outcome.status, outcome.proof, clock.now(), { interval_s: config.intervalS })
  })

  return routes
}
