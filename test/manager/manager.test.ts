import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { KattilaError } from '../../src/core/error.js'
import { systemClock } from '../../src/core/node/clock.js'
import { type Manager, type ManagerConfig, openManager } from '../../src/manager/manager.js'
import { createMember, envelopeOf, PSK, reportOf } from './fleet.js'
import { createLog, makeTestDirectory, pskStore } from './rig.js'

const hel = createMember(1)
const newReport = (tick: number) => {
  const now = Date.now()
  return JSON.stringify(envelopeOf(hel, reportOf(hel, { tick, timestamp: now, collectedAt: now })))
}

async function open(config: Partial<ManagerConfig> = {}): Promise<Manager> {
  const { log } = createLog()
  const manager = await openManager(
    { psk: pskStore([PSK]), clock: systemClock, log },
    {
      ...{ version: '0.1.0', host: '127.0.0.1', port: 0, intervalS: 30, requiresApproval: false },
      dataDir: join(makeTestDirectory(), 'data'),
      retention: { keepMs: 86_400_000, maxBytes: 2 ** 31 },
      ...config,
    },
  )
  onTestFinished(() => manager.close())
  return manager
}

/** Sends a body over a real socket and gives status and text of the answer. */
async function post(url: string, body: string | Buffer, agent = new Agent({ keepAlive: false })) {
  const sent = request(`${url}/status/updates`, { method: 'POST', agent })
  const answered = once(sent, 'response')
  // A body that is refused before its end leaves the rest of it unsent.
  sent.on('error', () => undefined)
  sent.end(body)
  const [response] = await answered
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode as number, text, json: JSON.parse(text) }
}

const failureOf = (opening: Promise<Manager>) =>
  opening.then(
    () => {
      throw new Error('it did not fail')
    },
    (thrown: unknown) => {
      if (thrown instanceof KattilaError) return thrown
      throw thrown
    },
  )

describe('a manager on a socket', () => {
  test('takes a report and shows its agent to the holder of the token', async () => {
    const manager = await open()
    expect((await post(manager.url, newReport(1))).json.status).toBe('ok')
    const headers = {
      authorization: `Bearer ${readFileSync(join(manager.databasePath, '../operator.token'), 'utf8').trim()}`,
    }
    const answer = await fetch(`${manager.url}/api/v1/agents/${hel.agentId}`, { headers })
    expect(await answer.json()).toMatchObject({ agent: { agent_id: hel.agentId, tick: 1 } })
  })

  test('answers 413 to a body of 8 MiB that is still on its way', async () => {
    const manager = await open()
    const answer = await post(manager.url, Buffer.alloc(8 * 1_048_576, ' '))
    expect({ status: answer.status, code: answer.json.error.code }).toEqual({
      status: 413,
      code: 'too_large',
    })
  })

  test('answers 413 to a chunked body beyond 1 MiB', async () => {
    const manager = await open()
    const sent = request(`${manager.url}/status/updates`, { method: 'POST' })
    const answered = once(sent, 'response')
    sent.write(Buffer.alloc(1_048_576, ' '))
    sent.end(' ')
    const [response] = await answered
    response.resume()
    expect(response.statusCode).toBe(413)
  })

  test('goes on when a client goes away in the middle of its body', async () => {
    const manager = await open()
    const socket = connect(Number(new URL(manager.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST /status/updates HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{"v":1')
    socket.destroy()
    await once(socket, 'close')
    expect((await post(manager.url, newReport(1))).json.status).toBe('ok')
  })

  test('answers what has come in before it closes', async () => {
    const manager = await open()
    const sent = request(`${manager.url}/status/updates`, {
      method: 'POST',
      headers: { expect: '100-continue' },
    })
    const answered = once(sent, 'response')
    sent.flushHeaders()
    await once(sent, 'continue')
    const startedAt = performance.now()
    const closed = manager.close()
    sent.end(newReport(1))
    const [response] = await answered
    response.resume()
    expect(response.statusCode).toBe(200)
    await closed
    // Not the two seconds of grace that a connection without an end would get.
    expect(performance.now() - startedAt).toBeLessThan(1500)
    await expect(post(manager.url, newReport(3))).rejects.toThrow('ECONNREFUSED')
  })
})

describe('the data directory', () => {
  test.each([0o000, 0o022, 0o277])('is 0700 and its files 0600, whatever the umask (%i)', async (umask) => {
    const before = process.umask(umask)
    try {
      const manager = await open()
      const directory = join(manager.databasePath, '..')
      expect(statSync(directory).mode & 0o777).toBe(0o700)
      for (const name of ['kattila_manager.db', 'kattila_manager.db-wal', 'operator.token', 'manager.lock'])
        expect(statSync(join(directory, name)).mode & 0o777, name).toBe(0o600)
    } finally {
      process.umask(before)
    }
  })

  test('keeps its token and its reports over a restart', async () => {
    const dataDir = join(makeTestDirectory(), 'data')
    const manager = await open({ dataDir })
    const body = newReport(1)
    await post(manager.url, body)
    await manager.close()
    expect(existsSync(join(dataDir, 'manager.lock'))).toBe(false)
    const again = await open({ dataDir })
    expect(again.token).toBe(manager.token)
    expect((await post(again.url, body)).json.status).toBe('duplicate')
  })

  test('with a token too short to be one is a configuration error', async () => {
    const dataDir = makeTestDirectory()
    writeFileSync(join(dataDir, 'operator.token'), 'short\n')
    expect(await failureOf(open({ dataDir }))).toMatchObject({ code: 'configuration' })
    expect(existsSync(join(dataDir, 'manager.lock'))).toBe(false)
  })

  test('is used by one manager at a time', async () => {
    const dataDir = join(makeTestDirectory(), 'data')
    await open({ dataDir })
    const failure = await failureOf(open({ dataDir }))
    expect(failure).toMatchObject({ code: 'configuration' })
    expect(failure.message).toContain(dataDir)
  })

  test('with a damaged database is a store error, and is let go of', async () => {
    const dataDir = makeTestDirectory()
    writeFileSync(join(dataDir, 'kattila_manager.db'), 'not a database')
    expect(await failureOf(open({ dataDir }))).toMatchObject({ code: 'store' })
    expect(existsSync(join(dataDir, 'manager.lock'))).toBe(false)
  })
})

test('a port in use is one clear sentence, and everything is let go of', async () => {
  const manager = await open()
  const dataDir = join(makeTestDirectory(), 'data')
  const port = Number(new URL(manager.url).port)
  const failure = await failureOf(open({ dataDir, port }))
  expect(failure).toMatchObject({
    code: 'configuration',
    message: `port ${port} on 127.0.0.1 is in use by another program`,
  })
  expect(existsSync(join(dataDir, 'manager.lock'))).toBe(false)
  await open({ dataDir })
})
