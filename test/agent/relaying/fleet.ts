import type { Hono } from 'hono'
import type { DeliverPorts } from '../../../src/agent/delivery/deliver.js'
import { forward } from '../../../src/agent/delivery/forward.js'
import { createManagers } from '../../../src/agent/delivery/managers.js'
import type { Outcome } from '../../../src/agent/delivery/outcome.js'
import { createRelays } from '../../../src/agent/delivery/relays.js'
import { type Fate, sendSnapshot } from '../../../src/agent/send.js'
import { createAgentApp } from '../../../src/agent/server/app.js'
import { createRelayGate, RELAY_LIMITS } from '../../../src/agent/server/rate.js'
import type { HttpOutcome } from '../../../src/core/node/http.js'
import { createRecordingLog } from '../../core/recording-log.js'
import { createMember, envelopeOf, type Member, NOW, PSK, reportOf } from '../../manager/fleet.js'
import type { Rig } from '../../manager/rig.js'
import { createNetwork, type Network, type Place } from '../delivery/network.js'
import { makeSnapshot } from '../spool/snapshots.js'

/** Agents and a real manager in one process: applications without sockets, that reach each other by name. */

export const MANAGER = 'http://manager'
const clock = { now: () => NOW, sleep: async () => undefined }
const random = () => 0.5

export type Fleet = {
  readonly network: Network
  /** Puts something at `http://name`. */
  readonly place: (name: string, at: Place) => void
  readonly join: (rig: Pick<Rig, 'app'>) => void
}

export function createFleet(): Fleet {
  const places = new Map<string, Place>()
  return {
    network: createNetwork(clock, places),
    place: (name, at) => places.set(`http://${name}`, at),
    join: ({ app }) => places.set(MANAGER, placeOf(app)),
  }
}

/** An application as a place of the network. */
function placeOf(app: Hono): Place {
  return async ({ method, url, headers, body }) => {
    const init = { method, ...(headers ? { headers } : {}), ...(body === undefined ? {} : { body }) }
    const response = await app.request(new URL(url).pathname, init)
    return {
      ...{ kind: 'answer', status: response.status, headers: Object.fromEntries(response.headers) },
      body: await response.text(),
    } as HttpOutcome
  }
}

/** Where an agent may send: its managers, and relays by the names of other agents. */
export type Ways = { readonly managers?: readonly string[]; readonly relays?: readonly Agent[] }

export type Agent = { readonly name: string; readonly member: Member; readonly ports: DeliverPorts }

/** An agent that relays for others, at `http://name`. */
export function addAgent(fleet: Fleet, number: number, { managers = [], relays = [] }: Ways = {}): Agent {
  const name = `agent-${number}`
  const member = createMember(number)
  const known = createRelays(random)
  known.found(
    relays.map((one) => ({ agentId: one.member.agentId, url: `http://${one.name}`, hops: 0, rttMs: 1 })),
  )
  const ports: DeliverPorts = {
    ...{ http: fleet.network, clock, relays: known, ownId: () => member.agentId },
    managers: createManagers(managers, { http: fleet.network, clock, random }),
    findRelays: async () => undefined,
  }
  const app = createAgentApp({
    ...{ clock, version: '0.1.0', token: 'unused-in-these-tests', ownId: ports.ownId, keys: () => [PSK] },
    ...{ hops: () => 0, health: () => ({}), network: () => ({}), reset: async () => '' },
    ...{ log: createRecordingLog().log, onBadSignature: () => undefined },
    forward: (parcel) => forward(ports, parcel),
    gate: createRelayGate(RELAY_LIMITS, clock.now),
  })
  fleet.place(name, placeOf(app))
  return { name, member, ports }
}

/** Sends the report of an agent as its daemon does, and tells what came of it. */
export async function report(
  { member, ports }: Agent,
  tick = 1,
): Promise<{ fate: Fate; outcomes: readonly Outcome[] }> {
  let told: readonly Outcome[] = []
  const fate = await sendSnapshot(
    {
      ...ports,
      psk: { refreshAfterRefusal: async () => false },
      sign: async () => {
        const signed = reportOf(member, { tick })
        return { report: signed, envelope: envelopeOf(member, signed), psk: PSK }
      },
      onOutcomes: (outcomes) => {
        told = outcomes
      },
    },
    makeSnapshot(NOW),
  )
  return { fate, outcomes: told }
}
