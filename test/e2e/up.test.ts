import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeHome, run, start } from './kattila.js'

describe('up', () => {
  test('--once --json prints the stored agent and nothing else, and makes private files whatever the umask', async () => {
    const home = makeHome()
    const before = process.umask(0)
    const { status, stdout } = await run(home, ['up', '--once', '--json']).finally(() =>
      process.umask(before),
    )
    expect(status).toBe(0)
    const { schema, agent } = JSON.parse(stdout)
    expect(schema).toBe('kattila.agent/1')
    expect(agent).toMatchObject({ status: 'active', reporting: 'reporting', system: { os: 'linux' } })
    expect(agent.agent_id).toBe(
      readFileSync(join(home.directory, 'state/kattila/agent_id.txt'), 'utf8').trim(),
    )
    for (const place of ['data/kattila', 'state/kattila']) {
      const directory = join(home.directory, place)
      expect(statSync(directory).mode & 0o777).toBe(0o700)
      for (const entry of readdirSync(directory, { withFileTypes: true }))
        expect(statSync(join(directory, entry.name)).mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600)
    }
  })

  test('without a terminal it prints where things are, this host and what is next, and stays until Ctrl-C', async () => {
    const home = makeHome()
    const up = start(home, ['up'])
    await up.printed(/next, in another terminal: .*\n/)
    up.child.kill('SIGINT')
    const { status, stdout } = await up.ended
    expect(stdout).toMatch(
      /manager +http:[\s\S]*operator token +\/[\s\S]*fleet secret +\/[\s\S]*agent +[0-9a-f]{32}/,
    )
    expect(stdout).toMatch(/active, reporting/)
    expect(status).toBe(130)
  })

  test('the secret that it generated serves the other commands of this machine', async () => {
    const home = makeHome()
    await run(home, ['up', '--once'])
    const { stdout } = await run(home, ['psk', 'status', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ source: 'generated', bytes: 43 })
    const dumped = await run(home, ['dump'])
    expect((await run(home, ['verify', '-'], dumped.stdout)).status).toBe(0)
  })
})
