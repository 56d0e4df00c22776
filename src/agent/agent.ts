import type { Clock } from '../core/clock.js'
import type { Log } from '../core/log.js'
import type { HttpClient } from '../core/node/http.js'
import type { PskStore } from '../core/node/psk/store.js'
import { toWire } from '../core/protocol/wire-names.js'
import { collectSnapshot } from './collect.js'
import { type DeliverPorts, hopsToManager } from './delivery/deliver.js'
import { createRelayFinder } from './delivery/find-relays.js'
import { forward } from './delivery/forward.js'
import { createManagers } from './delivery/managers.js'
import { createRelays } from './delivery/relays.js'
import { createDeliveryLog } from './delivery-log.js'
import { discoverRelays } from './discovery/relays.js'
import { createHealth } from './health.js'
import type { Host } from './host.js'
import { createReportLoop } from './report-loop.js'
import { sendSnapshot } from './send.js'
import { listenAddresses } from './server/addresses.js'
import { createAgentApp } from './server/app.js'
import { createAgentServer } from './server/follow-addresses.js'
import { createRelayGate, RELAY_LIMITS } from './server/rate.js'
import { type AgentFacts, createSigner } from './sign.js'
import type { Snapshot } from './snapshot.js'
import type { Spool } from './spool/port.js'
import type { AgentState } from './state.js'

export type AgentPorts = {
  readonly host: Host
  readonly clock: Clock
  readonly http: HttpClient
  readonly psk: PskStore
  readonly spool: Spool
  readonly log: Log
  /** A number from 0 up to 1, for jitter and for spreading the choice of relays. */
  readonly random: () => number
}

export type AgentConfig = AgentFacts & {
  readonly managerUrls: readonly string[]
  /** The one address to listen on; null for loopback and the tunnels' own. */
  readonly listenHost: string | null
  readonly listenPort: number
  /** What `POST /status/reset` asks for. */
  readonly token: string
}

/**
 * Runs an agent until `signal` aborts: its reports go to the managers, else through other agents,
 * else they wait on disk; and it relays for others (protocol section 5).
 */
export async function runAgent(
  ports: AgentPorts,
  state: AgentState,
  config: AgentConfig,
  signal: AbortSignal,
): Promise<void> {
  const { host, clock, http, psk, spool, log, random } = ports
  let latest: Snapshot | undefined
  const managers = createManagers(config.managerUrls, { http, clock, random })
  const relays = createRelays(random)
  const finder = createRelayFinder({
    clock,
    random,
    relays,
    discover: async () =>
      latest
        ? discoverRelays({ http, clock }, latest.sections, {
            port: config.listenPort,
            ownId: state.agentId,
            signal,
          })
        : [],
  })
  const ways: DeliverPorts = {
    http,
    clock,
    managers,
    relays,
    ownId: () => state.agentId,
    findRelays: finder.find,
  }

  const health = createHealth()
  const tell = createDeliveryLog(log)
  const sign = createSigner(ports, state, config)
  const onOutcomes: Parameters<typeof sendSnapshot>[0]['onOutcomes'] = (outcomes) => {
    health.take(outcomes, clock.now())
    tell(outcomes)
  }
  const loop = createReportLoop({
    clock,
    random,
    spool,
    intervalS: config.intervalS,
    send: (snapshot) => sendSnapshot({ ...ways, psk, sign, onOutcomes }, snapshot),
    collect: async () => {
      latest = await collectSnapshot(host, clock)
      const addresses = listenAddresses(latest.sections, config.listenHost)
      if (addresses) await server.follow(addresses)
      return latest
    },
  })

  const app = createAgentApp({
    clock,
    log,
    version: config.agentVersion,
    ownId: ways.ownId,
    keys: psk.accepted,
    onBadSignature: () => void psk.refreshAfterRefusal(),
    hops: () => hopsToManager(managers, relays),
    health: () => ({ ...health.read(), spool: toWire(spool.figures()) }),
    network: () => toWire({ interfaces: latest?.sections.interfaces, routes: latest?.sections.routes }),
    forward: (parcel) => forward(ways, parcel),
    gate: createRelayGate(RELAY_LIMITS, clock.now),
    token: config.token,
    reset: async () => {
      await spool.clear()
      await state.reset()
      log.warn(
        { agent_id: state.agentId },
        'the agent was reset: its spool is gone and it is a new agent now',
      )
      return state.agentId
    },
  })
  const server = createAgentServer(app, config.listenPort, log)
  await server.follow([config.listenHost ?? '127.0.0.1'])
  try {
    await Promise.all([
      loop.run(signal),
      managers.keepProbing(signal, loop.wake),
      finder.keepLooking(signal, () => !managers.isReached(), loop.wake),
    ])
  } finally {
    await server.close()
  }
}
