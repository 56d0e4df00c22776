import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { z } from 'zod'
import type { Clock } from '../../core/clock.js'
import { isBearer } from '../../core/node/bearer.js'
import { readAgent, readAgents } from '../reading/agents.js'
import type { Store } from '../store/port.js'
import { answerError } from './answers.js'

const resetSchema = z.union([
  z.object({ agent_id: z.string() }).strict(),
  z.object({ fleet: z.literal(true) }).strict(),
])

const statusSchema = z.object({ status: z.enum(['active', 'revoked']) }).strict()

export type OperatorPorts = {
  readonly store: Store
  readonly clock: Clock
  readonly token: string
  /** Called after an agent, or the fleet, was forgotten. */
  readonly onReset: (agentId: string | 'fleet') => void
}

/** What holders of the operator token call (protocol section 4). */
export function operatorRoutes({ store, clock, token, onReset }: OperatorPorts): Hono {
  const routes = new Hono()
  for (const path of ['/status/agents', '/status/alarms', '/status/admin/*', '/api/v1/*'])
    routes.use(path, requireToken(token, clock))

  routes.get('/status/agents', async (c) =>
    c.json({ agents: await readAgents(store, clock.now()), server_time: clock.now() }),
  )

  routes.get('/status/alarms', (c) => c.json({ alarms: [], server_time: clock.now() }))

  routes.get('/api/v1/agents/:id', async (c) => {
    const agent = await readAgent(store, c.req.param('id'), clock.now())
    if (!agent) return answerError(c, 404, 'not_found', 'no agent has this id', clock.now())
    return c.json({ agent, server_time: clock.now() })
  })

  routes.post('/api/v1/agents/:id/status', async (c) => {
    const parsed = statusSchema.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success)
      return answerError(c, 400, 'malformed', 'expected {"status":"active"} or "revoked"', clock.now())
    const { status } = parsed.data
    const subject = c.req.param('id')
    const act = { at: clock.now(), actor: 'operator token', act: `status ${status}`, subject }
    if (!(await store.setStatus(subject, status, act)))
      return answerError(c, 404, 'not_found', 'no agent has this id', clock.now())
    return c.json({ agent_id: subject, status, server_time: clock.now() })
  })

  routes.post('/status/admin/reset', async (c) => {
    const parsed = resetSchema.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success) {
      return answerError(c, 400, 'malformed', 'expected {"agent_id":"…"} or {"fleet":true}', clock.now())
    }
    const subject = 'agent_id' in parsed.data ? parsed.data.agent_id : 'fleet'
    const forgotten = await store.reset(subject, {
      at: clock.now(),
      actor: 'operator token',
      act: 'reset',
      subject,
    })
    if (subject !== 'fleet' && forgotten === 0)
      return answerError(c, 404, 'not_found', 'no agent has this id', clock.now())
    onReset(subject)
    return c.json({ status: 'ok', agents_reset: forgotten, server_time: clock.now() })
  })

  return routes
}

function requireToken(token: string, clock: Clock) {
  return createMiddleware(async (c, next) => {
    if (!isBearer(c.req.header('authorization'), token)) {
      c.header('WWW-Authenticate', 'Bearer')
      return answerError(
        c,
        401,
        'unauthorized',
        'this needs the operator token, sent as Authorization: Bearer',
        clock.now(),
      )
    }
    return next()
  })
}
