import { Hono } from 'hono'
import type { Clock } from '../../core/clock.js'
import { reasonOf } from '../../core/error.js'
import type { Log } from '../../core/log.js'
import type { Ingest } from '../ingest/ingest.js'
import { answerError, answerRefusal } from './answers.js'
import { memberRoutes } from './member-routes.js'
import { type OperatorPorts, operatorRoutes } from './operator-routes.js'

export type AppPorts = OperatorPorts & { readonly ingest: Ingest; readonly log: Log; readonly clock: Clock }

export type AppConfig = { readonly version: string; readonly intervalS: number }

/** The manager's HTTP application: to be served on a socket, or called with requests in tests. */
export function createApp(ports: AppPorts, config: AppConfig): Hono {
  const { clock, ingest, log } = ports
  const startedAt = clock.now()
  const app = new Hono()
  app.get('/status/healthcheck', (c) =>
    c.json({ status: 'ok', version: config.version, uptime_s: Math.floor((clock.now() - startedAt) / 1000) }),
  )
  app.route('/status', memberRoutes(ingest, clock, config))
  app.route('/', operatorRoutes(ports))
  app.notFound((c) =>
    answerError(c, 404, 'not_found', `there is nothing at ${c.req.method} ${c.req.path}`, clock.now()),
  )
  app.onError((thrown, c) => {
    log.error({ path: c.req.path, reason: reasonOf(thrown) }, 'a request failed')
    return answerRefusal(
      c,
      { code: 'unavailable', message: 'the manager could not do this now' },
      clock.now(),
    )
  })
  return app
}
