import { type DeliverPorts, deliver, type Judge } from '../../../src/agent/delivery/deliver.js'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import { createRelays, type Relay } from '../../../src/agent/delivery/relays.js'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { NOW, PSK, seal } from '../../core/sealed-report.js'
import { agentId } from '../discovery/neighbours.js'
import { createIdleClock } from '../idle-clock.js'
import { answerOf, failed } from '../scripted-manager.js'
import { createNetwork, type Place } from './network.js'

/** One agent's delivery, in virtual time and a network whose places answer as a test says. */

export const OWN = seal()
export const relay = (number: number, hops = 0): Relay => ({
  ...{ agentId: agentId(number), url: `http://r${number}`, hops, rttMs: 1 },
})
export const stores: Place = () => answerOf(200, { status: 'ok' })
export const refuses: Place = () => failed('refused')
export const busy: Place = () => ({ ...answerOf(503, {}), headers: { 'retry-after': '60' } }) as never
export const silent: Place = () => 'silence'

/** 200 ends it, 503 is busy, 401 was declined, all else failed. */
export const judge: Judge = (answer) =>
  answer.kind === 'failed'
    ? 'failed'
    : ((
        { 200: 'final', 401: 'declined', 503: 'busy' } as Record<
          number,
          'final' | 'declined' | 'busy' | undefined
        >
      )[answer.status] ?? 'failed')

export function openDelivery(
  places: Readonly<Record<string, Place>>,
  { managers = ['http://a', 'http://b'], relays = [] as readonly Relay[], envelope = OWN as Envelope } = {},
) {
  const clock = createIdleClock(NOW)
  const network = createNetwork(clock, places)
  const random = () => 0.5
  const known = createRelays(random)
  known.found(relays)
  let searches = 0
  const ports: DeliverPorts = {
    ...{ http: network, clock, relays: known },
    managers: createManagers(managers, { http: network, clock, random }),
    ownId: () => envelope.relay_path.at(-1) ?? envelope.agent_id ?? '',
    findRelays: async () => {
      searches++
    },
  }
  const send = (budgetMs = 8000) => clock.run(deliver(ports, { envelope, psk: PSK, budgetMs }, judge))
  return { send, network, clock, ports, searches: () => searches }
}
