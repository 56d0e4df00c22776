import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Home, makeHome, PSK, readDatabase, run, start, startManager } from './kattila.js'

/** A port of loopback that is free now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Something else than an agent, on a port of its own. */
async function openStranger(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return String((server.address() as AddressInfo).port)
}

const makeAgentHome = async () => makeHome({ KATTILA_PSK: PSK, KATTILA_AGENT_PORT: String(await freePort()) })

async function startAgent(home: Home, url: string, until: RegExp) {
  const agent = start(home, ['agent', 'run', '--manager-url', url, '--interval', '1'])
  await agent.printed(until)
  return agent
}

describe('agent status', () => {
  test('says of a running agent when and where it reported, what waits, and whether it relays', async () => {
    const home = await makeAgentHome()
    const { url } = await startManager(makeHome())
    await startAgent(home, url, /the manager stores the reports/)
    const human = await run(home, ['agent', 'status'])
    expect(human).toMatchObject({ status: 0, stderr: '' })
    expect(human.stdout).toMatch(new RegExp(`last report  .* ago, to the manager ${url}`))
    expect(human.stdout).toMatch(/on disk {6}nothing waits/)
    expect(human.stdout).toMatch(/relays {7}for others, 0 hops from a manager/)
    const { stdout } = await run(home, ['agent', 'status', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ schema: 'kattila.agent_health/1', last_push_url: url, last_push_way: 'direct' },
      ...{ consecutive_failures: 0, spool: { length: 0 }, relay: { available: true, hops: 0 } },
      agent_id: (await run(home, ['agent', 'id'])).stdout.trim(),
    })
  })

  test('ends with 1 and says why where the reports wait', async () => {
    const home = await makeAgentHome()
    await startAgent(home, `http://127.0.0.1:${await freePort()}`, /the reports wait on disk/)
    const { status, stdout } = await run(home, ['agent', 'status'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/failures {5}\d+ in a row: /)
    expect(stdout).toMatch(/on disk {6}\d+ reports, /)
    expect(stdout).toMatch(/relays {7}not for others/)
  })

  test('says where it looked when no agent answers', async () => {
    const home = await makeAgentHome()
    const { status, stderr } = await run(home, ['agent', 'status'])
    expect(status).toBe(3)
    expect(stderr).toMatch(
      new RegExp(
        `no agent answers at http://127.0.0.1:${home.env.KATTILA_AGENT_PORT}.*\n {2}→ start it with`,
      ),
    )
  })

  test('says so where the agent knows another secret than this command', async () => {
    const home = await makeAgentHome()
    const { url } = await startManager(makeHome())
    await startAgent(home, url, /the manager stores the reports/)
    const other = makeHome({ ...home.env, KATTILA_PSK: 'quite another secret of a fleet' })
    const { status, stderr } = await run(other, ['agent', 'status'])
    expect(stderr).toMatch(/does not take this fleet secret\n {2}→ /)
    expect(status).toBe(3)
  })

  test.for([
    [200, '<html>it works</html>'],
    [200, '{}'],
    [200, '[]'],
    [404, 'not found'],
    [500, ''],
  ] as const)('says so where something else answers (%d %s)', async ([answered, body]) => {
    const home = makeHome({ KATTILA_PSK: PSK, KATTILA_AGENT_PORT: await openStranger(answered, body) })
    mkdirSync(join(home.directory, 'state/kattila'), { recursive: true })
    writeFileSync(join(home.directory, 'state/kattila/agent.token'), 'the token of an agent\n')
    for (const command of ['status', 'reset']) {
      const { status, stderr } = await run(home, ['agent', command])
      expect(stderr).toMatch(/what answers at http:\/\/127\.0\.0\.1:\d+ is no agent of kattila/)
      expect(status).toBe(3)
    }
  })

  test('finds an agent on the one IPv6 address that it was told to listen on', async () => {
    const home = makeHome({
      ...{ KATTILA_PSK: PSK, KATTILA_AGENT_HOST: '::1', KATTILA_AGENT_PORT: String(await freePort()) },
    })
    const { url } = await startManager(makeHome())
    await startAgent(home, url, /the manager stores the reports/)
    expect(await run(home, ['agent', 'status'])).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('agent reset', () => {
  test('makes the running agent a new one, that reports without a restart', async () => {
    const home = await makeAgentHome()
    const managerHome = makeHome()
    const { url } = await startManager(managerHome)
    const agent = await startAgent(home, url, /the manager stores the reports/)
    const before = (await run(home, ['agent', 'id'])).stdout.trim()
    const reset = await run(home, ['agent', 'reset', '--json'])
    expect(reset.status).toBe(0)
    const { schema, agent_id } = JSON.parse(reset.stdout)
    expect(schema).toBe('kattila.agent_reset/1')
    expect(agent_id).not.toBe(before)
    expect((await run(home, ['agent', 'id'])).stdout.trim()).toBe(agent_id)
    await agent.printed(/the agent was reset/)
    const reportsOfNew = () =>
      readDatabase<{ tick: number }>(
        managerHome,
        `SELECT tick FROM reports WHERE agent_id = '${agent_id}' ORDER BY seq`,
      ).map(({ tick }) => tick)
    while (reportsOfNew().length < 2) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(reportsOfNew().slice(0, 2)).toEqual([1, 2])
    const agents = readDatabase(managerHome, 'SELECT agent_id FROM agents')
    expect(agents).toHaveLength(2)
  })

  test('needs the token of that very agent', async () => {
    const home = await makeAgentHome()
    const { url } = await startManager(makeHome())
    await startAgent(home, url, /the manager stores the reports/)
    const before = (await run(home, ['agent', 'id'])).stdout
    const stranger = makeHome({ ...home.env, XDG_STATE_HOME: join(makeHome().directory, 'state') })
    const unknown = await run(stranger, ['agent', 'reset'])
    expect(unknown).toMatchObject({ status: 3, stderr: expect.stringMatching(/no agent has run with this/) })
    mkdirSync(join(stranger.env.XDG_STATE_HOME ?? '', 'kattila'), { recursive: true })
    writeFileSync(
      join(stranger.env.XDG_STATE_HOME ?? '', 'kattila/agent.token'),
      'a token of another agent\n',
    )
    const { status, stderr } = await run(stranger, ['agent', 'reset'])
    expect(stderr).toMatch(/does not take this token\n {2}→ .*--state-dir/)
    expect(status).toBe(3)
    expect((await run(home, ['agent', 'id'])).stdout).toBe(before)
  })
})
