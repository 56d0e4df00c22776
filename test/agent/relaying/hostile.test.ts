import { describe, expect, test } from 'vitest'
import type { HttpOutcome } from '../../../src/core/node/http.js'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { formatHop } from '../../../src/core/protocol/hop.js'
import { createMember, PSK } from '../../manager/fleet.js'
import { openRig } from '../../manager/rig.js'
import type { Request } from '../delivery/network.js'
import { answerOf } from '../scripted-manager.js'
import { type Agent, addAgent, createFleet, type Fleet, MANAGER, report } from './fleet.js'

const hostile = createMember(66)
const x = createMember(67).agentId
const y = createMember(68).agentId

/** What a member of the fleet, who knows its secret, does with a report it should forward. */
type Deed = (envelope: Envelope, fleet: Fleet) => Promise<HttpOutcome>

/** Sends to the manager as the last of a path, with a right hop. */
function sendOn(fleet: Fleet, envelope: Envelope, path: readonly string[]): Promise<HttpOutcome> {
  const sent = { ...envelope, relay_path: path }
  const headers = { 'Kattila-Hop': formatHop(PSK, path.at(-1) ?? '', 1_763_650_000_000, sent) }
  const url = `${MANAGER}/status/updates`
  return fleet.network.send({ method: 'POST', url, headers, body: JSON.stringify(sent), timeoutMs: 1000 })
}

let remembered: HttpOutcome = answerOf(200, {})

const DEEDS: Readonly<Record<string, Deed>> = {
  'answers by itself, without a proof': async () => answerOf(200, { status: 'ok' }),
  'answers by itself, with a wrong proof': async ({ agent_id, data }) =>
    answerOf(200, {
      ...{ status: 'ok', agent_id, nonce: JSON.parse(data).nonce, server_time: 1_763_650_000_000 },
      mac: 'ab'.repeat(32),
    }),
  'plays back the answer to an earlier report': async () => remembered,
  'alters a byte of the report': (envelope, fleet) =>
    sendOn(fleet, { ...envelope, data: envelope.data.replace('"tick":2', '"tick":3') }, [hostile.agentId]),
  'alters a byte of the answer': async (envelope, fleet) => {
    const answer = await sendOn(fleet, { ...envelope, agent_id: x }, [hostile.agentId])
    return answer.kind === 'answer'
      ? { ...answer, status: 200, body: answer.body.replace('invalid', 'ok') }
      : answer
  },
  'adds itself twice': (envelope, fleet) => sendOn(fleet, envelope, [hostile.agentId, hostile.agentId]),
  'adds the origin': (envelope, fleet) => sendOn(fleet, envelope, [envelope.agent_id ?? '', hostile.agentId]),
  'grows the path': (envelope, fleet) =>
    sendOn(fleet, envelope, [x, y, createMember(69).agentId, hostile.agentId]),
  'hides in the path': (envelope, fleet) =>
    sendOn(fleet, envelope, [x]).then(() => answerOf(200, { status: 'ok' })),
  'sends it on, and keeps the answer to itself': async (envelope, fleet) => {
    await sendOn(fleet, envelope, [hostile.agentId])
    return { kind: 'failed', reason: 'timed_out', message: 'silence' }
  },
  'sends the sender elsewhere': async () => ({
    ...{ kind: 'answer', status: 308, headers: { location: 'http://evil/status/relay' }, body: '' },
  }),
}

/** Agent 1 knows a hostile relay and, after it, what `others` gives it. */
async function openScene(deed: Deed, others: (fleet: Fleet) => readonly Agent[]) {
  const rig = await openRig()
  const fleet = createFleet()
  fleet.join(rig)
  fleet.place('agent-66', async (request: Request) => deed(JSON.parse(request.body ?? ''), fleet))
  const evil = { name: 'agent-66', member: hostile } as Agent
  const others_ = others(fleet)
  return { rig, fleet, origin: addAgent(fleet, 1, { relays: [evil, ...others_] }) }
}

const honest = (fleet: Fleet) => [addAgent(fleet, 2, { managers: [MANAGER] })]

describe('a relay that', () => {
  test.for(Object.entries(DEEDS))(
    '%s is found out: the report arrives another way, once',
    async ([, deed]) => {
      let isHonest = true
      const { rig, origin, fleet } = await openScene(async (envelope, inFleet) => {
        if (!isHonest) return deed(envelope, inFleet)
        remembered = await sendOn(inFleet, envelope, [hostile.agentId])
        return remembered
      }, honest)
      expect(await report(origin, 1)).toMatchObject({
        fate: 'stored',
        outcomes: [{ way: { url: 'http://agent-66' } }],
      })
      isHonest = false
      const { fate, outcomes } = await report(origin, 2)
      expect(fate).toBe('stored')
      expect(outcomes).toMatchObject([
        { kind: 'failed', way: { url: 'http://agent-66' } },
        { kind: 'stored', way: { url: 'http://agent-2' } },
      ])
      expect(rig.content().reports?.map(({ tick }) => tick)).toEqual([1, 2])
      expect(fleet.network.asked.filter((one) => one.includes('evil'))).toEqual([])
      // From then on the honest one is asked first.
      expect((await report(origin, 3)).outcomes).toMatchObject([
        { kind: 'stored', way: { url: 'http://agent-2' } },
      ])
    },
  )

  test.for(Object.entries(DEEDS))('%s, with no other way: the report waits', async ([, deed]) => {
    const { origin } = await openScene(deed, () => [])
    expect((await report(origin, 2)).fate).toBe('waits')
  })

  test.for(Object.entries(DEEDS))(
    '%s, one agent further: the report waits, or goes round it',
    async ([, deed]) => {
      const rig = await openRig()
      const fleet = createFleet()
      fleet.join(rig)
      fleet.place('agent-66', async (request: Request) => deed(JSON.parse(request.body ?? ''), fleet))
      const evil = { name: 'agent-66', member: hostile } as Agent
      const between = addAgent(fleet, 3, { relays: [evil, ...honest(fleet)] })
      const origin = addAgent(fleet, 1, { relays: [between] })
      const { fate } = await report(origin, 2)
      expect(fate).toBe('stored')
      expect(rig.content().reports?.map(({ tick }) => tick)).toEqual([2])
    },
  )
})
