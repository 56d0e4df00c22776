import { KattilaError } from '../../core/error.js'
import { systemClock } from '../../core/node/clock.js'
import type { Settings } from '../../core/settings.js'
import type { AgentDetail, AgentView } from '../../manager/reading/agents.js'
import { askManager } from './manager-client.js'

/** How often a manager on this machine is asked whether a new report is stored, ms. */
const POLL_MS = 200
/** Without a first report after this, something is wrong that the log tells, ms. */
const FIRST_REPORT_MS = 30_000

/** An agent as the manager stores it after each report that arrives from now on, until `stop` aborts. */
export async function* followAgent(
  settings: Settings,
  agentId: string,
  stop: AbortSignal,
): AsyncGenerator<AgentDetail> {
  const startedAt = systemClock.now()
  let shown = startedAt - 1
  while (!stop.aborted) {
    const { agents } = await askManager<{ agents: readonly AgentView[] }>(settings, '/status/agents')
    const receivedAt = agents.find((agent) => agent.agent_id === agentId)?.received_at ?? null
    if (receivedAt !== null && receivedAt > shown) {
      shown = receivedAt
      const { agent } = await askManager<{ agent: AgentDetail }>(settings, `/api/v1/agents/${agentId}`)
      yield agent
    } else if (shown < startedAt && systemClock.now() - startedAt > FIRST_REPORT_MS) {
      throw new KattilaError('report_rejected', `no report was stored within ${FIRST_REPORT_MS / 1000} s`, {
        suggestion: 'the log lines above say why; kattila dump | kattila verify - checks a report by itself',
      })
    }
    await systemClock.sleep(POLL_MS, stop)
  }
}
