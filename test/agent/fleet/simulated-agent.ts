import { createRelayFinder } from '../../../src/agent/delivery/find-relays.js'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import type { Outcome } from '../../../src/agent/delivery/outcome.js'
import { createRelays, type Relay } from '../../../src/agent/delivery/relays.js'
import { createReportLoop } from '../../../src/agent/report-loop.js'
import { sendSnapshot } from '../../../src/agent/send.js'
import type { SignedReport } from '../../../src/agent/sign.js'
import type { Spool } from '../../../src/agent/spool/port.js'
import type { Clock } from '../../../src/core/clock.js'
import type { HttpClient } from '../../../src/core/node/http.js'
import { DATA, hmac, PSK } from '../../core/sealed-report.js'
import { agentId } from '../discovery/neighbours.js'

const MANAGER = 'http://manager'

export type SimulatedAgent = { readonly run: (signal: AbortSignal) => Promise<unknown> }

type Ports = {
  readonly clock: Clock
  readonly http: HttpClient
  readonly random: () => number
  readonly spool: Spool
  readonly onOutcomes?: (outcomes: readonly Outcome[]) => void
  readonly discover?: () => Promise<readonly Relay[]>
}

/** The daemon's report loop and delivery, put together as `runAgent` does, without a host and a server. */
export function createSimulatedAgent(number: number, ports: Ports): SimulatedAgent {
  const { clock, http, random, spool } = ports
  const id = agentId(number)
  let tick = 0
  const managers = createManagers([MANAGER], { http, clock, random })
  const relays = createRelays(random)
  const finder = createRelayFinder({ clock, random, relays, discover: ports.discover ?? (async () => []) })
  const sign = async (): Promise<SignedReport> => {
    tick++
    const nonce = `${number}-${tick}`.padStart(22, '0')
    const data = JSON.stringify({ ...DATA, agent_id: id, tick, nonce, timestamp: clock.now() })
    const envelope = {
      v: 1,
      type: 'report',
      agent_id: id,
      data,
      hmac: hmac(PSK, data),
      relay_path: [],
    } as const
    return { report: { agentId: id, nonce } as SignedReport['report'], envelope, psk: PSK }
  }
  const ways = { http, clock, managers, relays, ownId: () => id, findRelays: finder.find }
  const loop = createReportLoop({
    ...{ clock, random, spool, intervalS: 30 },
    collect: async () => ({
      ...{ collectedAt: clock.now(), hostname: `host-${number}`, bootId: 'b001', sections: {}, failures: [] },
    }),
    send: (snapshot) =>
      sendSnapshot(
        {
          ...{ ...ways, sign, onOutcomes: ports.onOutcomes ?? (() => undefined) },
          psk: { refreshAfterRefusal: async () => false },
        },
        snapshot,
      ),
  })
  return {
    run: (signal) =>
      Promise.all([
        loop.run(signal),
        managers.keepProbing(signal, loop.wake),
        finder.keepLooking(signal, () => !managers.isReached(), loop.wake),
      ]),
  }
}
