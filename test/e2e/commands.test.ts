import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { makeHome, PSK, run, start, startManager } from './kattila.js'

describe('one-shot commands', () => {
  test('dump | verify is good, and says each check', async () => {
    const home = makeHome({ KATTILA_PSK: PSK })
    const dumped = await run(home, ['dump', '-'])
    const verified = await run(home, ['verify', '-'], dumped.stdout)
    expect(verified).toMatchObject({ status: 0, stderr: '' })
    expect(verified.stdout).toMatch(/✓ mac/)
  })

  test('verify names the check that a changed byte breaks, and ends with 1', async () => {
    const home = makeHome({ KATTILA_PSK: PSK })
    const { stdout } = await run(home, ['dump'])
    const verified = await run(home, ['verify', '-', '--json'], stdout.replace('hostname', 'hostnamf'))
    expect(verified.status).toBe(1)
    const document = JSON.parse(verified.stdout)
    expect(document).toMatchObject({ schema: 'kattila.verification/1', good: false })
    expect(document.checks).toContainEqual(expect.objectContaining({ check: 'mac', result: 'failed' }))
  })

  test('verify says where data breaks the schema', async () => {
    const home = makeHome({ KATTILA_PSK: PSK })
    const { envelope } = JSON.parse((await run(home, ['dump', '--json'])).stdout)
    const { createHmac } = await import('node:crypto')
    const data = JSON.stringify({ ...JSON.parse(envelope.data), wg_peers: [{}] })
    const hmac = createHmac('sha256', PSK).update(`kattila/1/report\n${data}`).digest('hex')
    const verified = await run(home, ['verify', '-', '--json'], JSON.stringify({ ...envelope, data, hmac }))
    expect(JSON.parse(verified.stdout).checks).toContainEqual(
      expect.objectContaining({ check: 'schema', result: 'failed', path: 'wg_peers[0].interface' }),
    )
  })

  test('dump writes 0600 whatever the umask, and refuses an existing file without --force', async () => {
    const home = makeHome({ KATTILA_PSK: PSK })
    const file = join(home.directory, 'report.json')
    const before = process.umask(0)
    const first = await run(home, ['dump', file]).finally(() => process.umask(before))
    expect(first.status).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const content = readFileSync(file, 'utf8')

    const second = await run(home, ['dump', file, '--json'])
    expect(second.status).toBe(2)
    expect(JSON.parse(second.stdout)).toMatchObject({ schema: 'kattila.dump/1', error: { code: 'usage' } })
    expect(readFileSync(file, 'utf8')).toBe(content)
    expect((await run(home, ['dump', file, '--force'])).status).toBe(0)
    expect(readFileSync(file, 'utf8')).not.toBe(content)
  })

  test('dump leaves the tick for the agent to use', async () => {
    const home = makeHome({ KATTILA_PSK: PSK })
    await run(home, ['dump'])
    const { stdout } = await run(home, ['agent', 'id', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'kattila.agent_id/1', tick: 0 })
  })

  test('the agent id stays the same', async () => {
    const home = makeHome()
    const first = await run(home, ['agent', 'id'])
    expect(first.stdout).toMatch(/^[0-9a-f]{32}\n$/)
    expect((await run(home, ['agent', 'id'])).stdout).toBe(first.stdout)
  })

  test('psk status never shows the secret', async () => {
    const home = makeHome({ KATTILA_PSK: PSK })
    const text = await run(home, ['psk', 'status'])
    const json = await run(home, ['psk', 'status', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 'kattila.psk/1',
      source: 'environment',
      accepted: 1,
    })
    expect(`${text.stdout}${text.stderr}${json.stdout}`).not.toContain(PSK)
  })

  test('sysinfo prints what the agent sees, with its schema', async () => {
    const { status, stdout } = await run(makeHome(), ['sysinfo', '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'kattila.sysinfo/1', system: { os: 'linux' } })
  })
})

describe('failures end with their status and one clear sentence', () => {
  const fails = async (args: string[], env: NodeJS.ProcessEnv, status: number, sentence: RegExp) => {
    const [text, json] = await Promise.all([
      run(makeHome(env), args),
      run(makeHome(env), [...args, '--json']),
    ])
    expect(text.stderr).toMatch(sentence)
    expect(text.stderr).not.toMatch(/^\s+at /m)
    expect(text.status).toBe(status)
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: expect.stringMatching(/^kattila\.\w+\/1$/) })
    expect(json.status).toBe(status)
  }

  test('an unknown command is usage', () => fails(['fleet'], {}, 2, /there is no command "fleet"/))
  test('an unknown flag is usage', () => fails(['sysinfo', '--fast'], {}, 2, /--fast/))
  test('a missing argument is usage', () => fails(['verify'], {}, 2, /[Mm]issing/))
  test('a bad port is configuration', () =>
    fails(['up', '--once'], { KATTILA_PORT: '70000' }, 3, /KATTILA_PORT="70000" \(from the environment\)/))
  test('bad labels are configuration', () =>
    fails(['dump'], { KATTILA_PSK: PSK, KATTILA_LABELS: 'site' }, 3, /KATTILA_LABELS/))
  test('no secret is status 4', () => fails(['dump'], {}, 4, /no fleet secret is configured/))
  test('a short secret is status 4, and is not shown', async () => {
    await fails(['dump'], { KATTILA_PSK: 'short-secret' }, 4, /at least 16/)
    const { stderr } = await run(makeHome({ KATTILA_PSK: 'short-secret' }), ['dump'])
    expect(stderr).not.toContain('short-secret')
  })
  test('a missing secret file is status 4', () =>
    fails(['dump'], { KATTILA_PSK_FILE: '/nowhere/psk' }, 4, /\/nowhere\/psk/))
  test('an absent manager is status 5', () =>
    fails(['agents'], { KATTILA_TOKEN: 'x', MANAGER_URL: 'http://127.0.0.1:9' }, 5, /no manager answers/))
  test('an unreadable file is usage', () =>
    fails(['verify', '/nowhere/report.json'], { KATTILA_PSK: PSK }, 2, /\/nowhere\/report.json/))
  test('a data directory that cannot be made is configuration', () =>
    fails(
      ['manager', 'serve'],
      { KATTILA_PSK: PSK, KATTILA_DATA_DIR: '/proc/kattila' },
      3,
      /\/proc\/kattila/,
    ))

  test('a port in use is configuration, and nothing is left locked', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as { port: number }
    const home = makeHome({ KATTILA_PSK: PSK, KATTILA_PORT: String(port) })
    const { status, stderr } = await run(home, ['manager', 'serve'])
    holder.close()
    expect(stderr).toMatch(`port ${port} on 127.0.0.1 is in use`)
    expect(status).toBe(3)
    expect(readdirSync(join(home.directory, 'data/kattila'))).not.toContain('manager.lock')
  })

  test('a second manager on one directory is refused', async () => {
    const home = makeHome()
    const { child } = await startManager(home)
    const { status, stderr } = await run(makeHome({ ...home.env, KATTILA_PSK: PSK }), ['manager', 'serve'])
    expect(stderr).toMatch(`another manager (process ${child.pid})`)
    expect(status).toBe(3)
  })

  test('a database of a newer version is status 7 and left alone', async () => {
    const home = makeHome()
    const { child, ended } = await startManager(home)
    child.kill('SIGTERM')
    expect((await ended).status).toBe(0)
    const path = join(home.directory, 'data/kattila/kattila_manager.db')
    const db = new Database(path)
    db.pragma('user_version = 999')
    db.close()
    const before = readFileSync(path)
    const { status, stderr } = await run(makeHome({ ...home.env, KATTILA_PSK: PSK }), ['manager', 'serve'])
    expect(stderr).toMatch(/newer kattila \(schema 999/)
    expect(status).toBe(7)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('a damaged database is status 7 and left alone', async () => {
    const home = makeHome({ KATTILA_PSK: PSK, KATTILA_DATA_DIR: '.' })
    const path = join(home.directory, 'kattila_manager.db')
    writeFileSync(path, 'this is no database, but somebody may want it back\n'.repeat(100))
    const before = readFileSync(path)
    const { status, stderr } = await run(home, ['manager', 'serve'])
    expect(stderr).toMatch(/kattila_manager.db is damaged/)
    expect(status).toBe(7)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
  })
})

describe('settings', () => {
  test('.env in the working directory is read, and the environment is stronger', async () => {
    const home = makeHome()
    writeFileSync(join(home.directory, '.env'), `KATTILA_PSK="${PSK}"\nKATTILA_FLEET=from-file\n`)
    const fleetOf = async (env: NodeJS.ProcessEnv) => {
      const { ended } = start(home, ['dump'], env)
      return JSON.parse(JSON.parse((await ended).stdout).data).fleet_id
    }
    expect(await fleetOf({})).toBe('from-file')
    expect(await fleetOf({ KATTILA_FLEET: 'from-environment' })).toBe('from-environment')
  })

  test('a setting that is wrong in .env is blamed on .env', async () => {
    const home = makeHome()
    writeFileSync(join(home.directory, '.env'), 'KATTILA_INTERVAL_S=soon\n')
    const { stderr, status } = await run(home, ['up', '--once'])
    expect(stderr).toMatch('KATTILA_INTERVAL_S="soon" (from .env) is not a whole number')
    expect(status).toBe(3)
  })
})
