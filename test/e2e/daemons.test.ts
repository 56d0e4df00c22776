import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Home, makeHome, PSK, readDatabase, run, start, startManager } from './kattila.js'

/** Starts an agent that reports to `url`, and waits until the manager stores its reports. */
async function startAgent(home: Home, url: string, env: NodeJS.ProcessEnv = {}) {
  const agent = start(home, ['agent', 'run', '--manager-url', url], { KATTILA_PSK: PSK, ...env })
  await agent.printed(/the manager stores the reports/)
  return agent
}

describe('agent run and manager serve', () => {
  test('a manager needs nothing but KATTILA_PSK, stores the agent’s reports, and agents shows it', async () => {
    const home = makeHome()
    const data = join(home.directory, 'elsewhere')
    const flags = ['--host', '127.0.0.1', '--port', '0', '--data-dir', data]
    const manager = start(home, ['manager', 'serve', ...flags], { KATTILA_PSK: PSK })
    const [, url = ''] = await manager.printed(/"url":"([^"]+)"/)
    await startAgent(home, url)

    const asOperator = ['--manager-url', url, '--data-dir', data]
    const fleet = JSON.parse((await run(home, ['agents', '--json', ...asOperator])).stdout)
    expect(fleet).toMatchObject({ schema: 'kattila.agents/1', agents: [{ reporting: 'reporting', tick: 1 }] })
    const { agent_id, hostname } = fleet.agents[0]
    const one = JSON.parse(
      (await run(home, ['agents', agent_id.slice(0, 6), '--json', ...asOperator])).stdout,
    )
    expect(one).toMatchObject({ schema: 'kattila.agent/1', agent: { agent_id, hostname } })
    const unknown = await run(home, ['agents', 'nobody', ...asOperator])
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringMatching(/no agent is called "nobody"/) })
  })

  test('without the token the operator’s endpoints answer 401, and commands say what to do', async () => {
    const home = makeHome()
    const { url } = await startManager(home)
    for (const path of ['/status/agents', '/status/alarms', '/api/v1/agents/x']) {
      expect((await fetch(url + path)).status).toBe(401)
      expect((await fetch(url + path, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
    }
    expect(
      (await fetch(`${url}/status/admin/reset`, { method: 'POST', body: '{"fleet":true}' })).status,
    ).toBe(401)
    const stranger = makeHome({ KATTILA_TOKEN: 'not-the-token-of-it' })
    const { status, stderr } = await run(stranger, ['agents', '--manager-url', url])
    expect(stderr).toMatch(/refuses this operator token\n {2}→ .*--token-file/)
    expect(status).toBe(3)
  })

  test('SIGTERM ends both with 0, SIGINT with 130, and the locks are gone', async () => {
    const home = makeHome()
    const manager = await startManager(home)
    const agent = await startAgent(home, manager.url)
    agent.child.kill('SIGINT')
    expect((await agent.ended).status).toBe(130)
    manager.child.kill('SIGTERM')
    expect((await manager.ended).status).toBe(0)
    for (const place of ['data/kattila', 'state/kattila']) {
      expect(readdirSync(join(home.directory, place)).filter((name) => /lock|wal|tmp/.test(name))).toEqual([])
    }
  })

  test('the tick goes on after a restart, one higher for every report', async () => {
    const home = makeHome()
    const { url } = await startManager(home)
    for (const _ of [1, 2, 3]) {
      const agent = await startAgent(home, url)
      agent.child.kill('SIGTERM')
      await agent.ended
    }
    expect(readDatabase(home, 'SELECT tick FROM reports ORDER BY seq')).toEqual([
      { tick: 1 },
      { tick: 2 },
      { tick: 3 },
    ])
  })

  test('two agents cannot use one identity', async () => {
    const home = makeHome()
    const { url } = await startManager(home)
    const { child } = await startAgent(home, url)
    const second = await start(home, ['agent', 'run', '--manager-url', url], { KATTILA_PSK: PSK }).ended
    expect(second.stderr).toMatch(`another agent (process ${child.pid})`)
    expect(second.status).toBe(3)
  })

  test('a secret that is rotated in its file is taken up by both without a restart', async () => {
    const home = makeHome()
    const file = join(home.directory, 'psk')
    writeFileSync(file, `${PSK}\n`)
    const env = { KATTILA_PSK_FILE: file }
    const manager = start(home, ['manager', 'serve'], env)
    const [, url = ''] = await manager.printed(/"url":"([^"]+)"/)
    const agent = start(home, ['agent', 'run', '--manager-url', url, '--interval', '1'], env)
    await agent.printed(/the manager stores the reports/)
    writeFileSync(file, 'another secret, just as long\n')
    await Promise.all([
      manager.printed(/the fleet secret was rotated/),
      agent.printed(/the fleet secret was rotated/),
    ])
    const before = readDatabase<{ n: number }>(home, 'SELECT count(*) AS n FROM reports')[0]?.n ?? 0
    const status = await run(makeHome({ ...home.env, ...env }), ['psk', 'status', '--json'])
    expect(JSON.parse(status.stdout)).toMatchObject({ source: 'file', accepted: 2 })
    await waitFor(
      () => (readDatabase<{ n: number }>(home, 'SELECT count(*) AS n FROM reports')[0]?.n ?? 0) > before + 1,
    )
    agent.child.kill('SIGTERM')
    expect((await agent.ended).stderr).not.toMatch(/do not reach|rejects/)
  }, 40_000)

  test('an agent tells once that nothing listens, and once that the manager is back', async () => {
    const home = makeHome()
    const first = await startManager(home)
    const port = new URL(first.url).port
    const agent = start(home, ['agent', 'run', '--manager-url', first.url, '--interval', '1'], {
      KATTILA_PSK: PSK,
    })
    await agent.printed(/the manager stores the reports/)
    first.child.kill('SIGTERM')
    await first.ended
    await agent.printed(/"reason":"refused"/)
    await startManager(home, ['--port', port])
    await agent.printed(/the manager stores the reports[\s\S]*the manager stores the reports/)
    agent.child.kill('SIGTERM')
    const lines = (await agent.ended).stderr.split('\n').filter((line) => /do not reach/.test(line))
    expect(lines).toHaveLength(1)
  })
})

/** Looks again at every turn of the event loop until it holds. */
async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 50))
}
