import { describe, expect, test } from 'vitest'
import { NOW } from '../../manager/fleet.js'
import { openRig, type Rig } from '../../manager/rig.js'
import { type Agent, addAgent, createFleet, MANAGER, report } from './fleet.js'

/** A real manager, and a line of agents before it: the last one reaches it, each other only the next. */
async function openLine(length: number) {
  const rig = await openRig()
  const fleet = createFleet()
  fleet.join(rig)
  const line: Agent[] = []
  for (let number = length; number >= 1; number--) {
    const [next] = line
    line.unshift(addAgent(fleet, number, next ? { relays: [next] } : { managers: [MANAGER] }))
  }
  const [first] = line
  const origin = addAgent(fleet, 100, first ? { relays: [first] } : { managers: [MANAGER] })
  return { rig, fleet, line, origin }
}

const stored = (rig: Rig) =>
  rig.content().reports?.map(({ agent_id, tick, relay_path }) => ({
    ...{ agent_id, tick, path: JSON.parse(String(relay_path)) },
  }))

describe('a report that passes agents to a real manager', () => {
  test.for([0, 1, 2, 3])(
    '%d of them: is stored, with the path that it took, and its agent believes it',
    async (length) => {
      const { rig, fleet, line, origin } = await openLine(length)
      const { fate, outcomes } = await report(origin)
      expect(fate).toBe('stored')
      expect(outcomes).toMatchObject([{ kind: 'stored', way: { kind: length === 0 ? 'direct' : 'relay' } }])
      expect(stored(rig)).toEqual([
        { agent_id: origin.member.agentId, tick: 1, path: line.map(({ member }) => member.agentId) },
      ])
      expect(fleet.network.asked).toEqual([
        ...line.map(({ name }) => `POST http://${name}/status/relay`),
        `POST ${MANAGER}/status/updates`,
      ])
    },
  )

  test('four of them: goes no further than the third, reaches no manager, and waits', async () => {
    const { rig, fleet, line, origin } = await openLine(4)
    const { fate, outcomes } = await report(origin)
    expect(fate).toBe('waits')
    expect(outcomes).toMatchObject([{ kind: 'failed', reason: 'relay_busy' }])
    expect(stored(rig)).toEqual([])
    expect(fleet.network.asked).toEqual(
      line.slice(0, 3).map(({ name }) => `POST http://${name}/status/relay`),
    )
  })

  test('is acknowledged by the manager’s own bytes', async () => {
    const { fleet, origin } = await openLine(3)
    const answers: string[] = []
    const { send } = fleet.network
    Object.assign(fleet.network, {
      send: async (request: Parameters<typeof send>[0]) => {
        const answer = await send(request)
        if (answer.kind === 'answer') answers.push(`${answer.status} ${answer.body}`)
        return answer
      },
    })
    await report(origin)
    expect(answers).toHaveLength(4)
    expect(new Set(answers).size).toBe(1)
  })

  test('sent twice is a duplicate, and one report', async () => {
    const { rig, origin } = await openLine(2)
    expect((await report(origin)).fate).toBe('stored')
    expect((await report(origin)).fate).toBe('stored')
    expect(stored(rig)).toHaveLength(1)
  })

  test('and is refused brings the proven refusal back over all of them', async () => {
    const { rig, origin, line } = await openLine(3)
    await report(origin, 5)
    const { fate, outcomes } = await report(origin, 4)
    expect(fate).toBe('waits')
    expect(outcomes).toMatchObject([{ kind: 'rejected', code: 'stale_tick', clockOffsetMs: 0 }])
    expect(stored(rig)).toHaveLength(1)
    for (const { ports } of line.slice(0, -1)) expect(ports.relays.current()).toBeDefined()
  })
})

test('the hop of each is made by itself, over the path with it as the last', async () => {
  const { fleet, line, origin } = await openLine(3)
  await report(origin)
  const hops = fleet.network.requests.map(({ headers, body }) => ({
    sender: /agent=([0-9a-f]{32}); at=(\d+)/.exec(headers?.['Kattila-Hop'] ?? '')?.slice(1),
    path: JSON.parse(body ?? '').relay_path,
  }))
  const ids = line.map(({ member }) => member.agentId)
  expect(hops).toEqual(
    [origin.member.agentId, ...ids].map((sender, i) => ({
      sender: [sender, String(NOW)],
      path: ids.slice(0, i),
    })),
  )
})

test('each waits less long than the one before it', async () => {
  const { fleet, origin } = await openLine(3)
  await report(origin)
  const waits = fleet.network.requests.map(({ timeoutMs }) => timeoutMs)
  expect(waits).toEqual([7850, 7700, 7550, 3000])
  expect(fleet.network.requests.map(({ headers }) => headers?.['Kattila-Budget-Ms'])).toEqual([
    ...['7850', '7700', '7550'],
    undefined,
  ])
})

test('agents that only know each other end it after each has seen it once: no loop', async () => {
  const fleet = createFleet()
  const agents = [1, 2, 3].map((number) => addAgent(fleet, number))
  for (const one of agents) {
    const others = agents.filter((other) => other !== one)
    one.ports.relays.found(
      others.map(({ name, member }) => ({
        agentId: member.agentId,
        url: `http://${name}`,
        hops: 0,
        rttMs: 1,
      })),
    )
  }
  const [origin] = agents as [Agent, ...Agent[]]
  expect((await report(origin)).fate).toBe('waits')
  expect(fleet.network.asked.filter((one) => one.startsWith(`POST http://${origin.name}`))).toEqual([])
  // Each of the two others, and from each of them the one that is left.
  expect(fleet.network.asked).toHaveLength(4)
})
