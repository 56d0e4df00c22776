import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { expect, test } from 'vitest'
import type { Envelope } from '../../src/core/protocol/envelope.js'
import { type Home, makeHome, PSK, readDatabase, startManager } from '../e2e/kattila.js'
import { createMember, envelopeOf, reportOf } from './fleet.js'

const ROUNDS = 3
const AGENTS = 24
/** Answers after which the manager is killed: in the middle of the load, at another place each round. */
const KILL_AFTER = [150, 271, 400]

const members = [...Array(AGENTS).keys()].map(createMember)
const psk = Buffer.from(PSK)

/** What an agent knows of its own reports. */
type Sender = { tick: number; lastAcknowledged: Envelope | undefined; readonly acknowledged: number[] }

function sign(agent: number, tick: number): Envelope {
  const member = members[agent]
  if (!member) throw new Error('no such agent')
  const now = Date.now()
  return envelopeOf(member, reportOf(member, { tick, timestamp: now, collectedAt: now }), {}, psk)
}

/** Sends one envelope over a real socket; the status of the answer, or undefined when none came. */
async function send(url: string, connections: Agent, envelope: Envelope): Promise<string | undefined> {
  const sent = request(`${url}/status/updates`, { method: 'POST', agent: connections })
  try {
    const answered = once(sent, 'response')
    sent.end(JSON.stringify(envelope))
    const [response] = await answered
    let text = ''
    for await (const chunk of response) text += chunk
    const { status, error } = JSON.parse(text)
    return status ?? error.code
  } catch {
    return undefined
  }
}

/** Agents that report one after another without a pause, until the manager is killed under them. */
async function loadAndKill(home: Home, senders: readonly Sender[], killAfter: number): Promise<void> {
  const { url, child, ended } = await startManager(home)
  const connections = new Agent({ keepAlive: true })
  let answers = 0
  const run = async (sender: Sender, agent: number) => {
    if (sender.lastAcknowledged)
      expect(await send(url, connections, sender.lastAcknowledged)).toBe('duplicate')
    for (;;) {
      const envelope = sign(agent, ++sender.tick)
      const status = await send(url, connections, envelope)
      if (status === undefined) return
      expect(status).toBe('ok')
      sender.acknowledged.push(sender.tick)
      sender.lastAcknowledged = envelope
      if (++answers === killAfter) child.kill('SIGKILL')
    }
  }
  await Promise.all(senders.map(run))
  await ended
  connections.destroy()
}

/** Reports without their replay record, replay records without their report, agents not at their last tick. */
const TORN = `
  SELECT r.seq FROM reports r LEFT JOIN replay_nonces n USING (agent_id, hmac) WHERE n.nonce IS NULL
  UNION ALL SELECT n.number FROM replay_nonces n LEFT JOIN reports r USING (agent_id, hmac) WHERE r.seq IS NULL
  UNION ALL SELECT last_tick FROM agents a
    WHERE last_tick <> (SELECT max(tick) FROM reports r WHERE r.agent_id = a.agent_id)`

test('a manager killed under load loses no acknowledged report, keeps none twice, and goes on', async () => {
  const home = makeHome()
  const senders = members.map((): Sender => ({ tick: 0, lastAcknowledged: undefined, acknowledged: [] }))
  for (let round = 0; round < ROUNDS; round++) {
    await loadAndKill(home, senders, KILL_AFTER[round] ?? 0)

    expect(readDatabase(home, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(readDatabase(home, TORN)).toEqual([])
    const reports = readDatabase<{ agent_id: string; tick: number }>(
      home,
      'SELECT agent_id, tick FROM reports',
    )
    const stored = reports.map(({ agent_id, tick }) => `${agent_id} ${tick}`)
    expect(new Set(stored).size).toBe(stored.length)
    const acknowledged = senders.flatMap((sender, agent) =>
      sender.acknowledged.map((tick) => `${members[agent]?.agentId} ${tick}`),
    )
    expect(acknowledged.length).toBeGreaterThanOrEqual(KILL_AFTER[round] ?? 0)
    const kept = new Set(stored)
    expect(acknowledged.filter((one) => !kept.has(one))).toEqual([])
    // Unacknowledged ones may have been kept: at most the one that each agent was waiting for, a round.
    expect(stored.length - acknowledged.length).toBeLessThanOrEqual(AGENTS * (round + 1))
  }
}, 60_000)
