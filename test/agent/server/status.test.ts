import { describe, expect, test } from 'vitest'
import { NOW } from '../../core/sealed-report.js'
import { memberHeader, OWN_ID, openApp, PREVIOUS, TOKEN } from './open-app.js'

const OTHER = Buffer.from('the secret of another fleet')

describe('GET /status/healthcheck', () => {
  const PATH = '/status/healthcheck'

  test('tells anyone that it is there, its version and how long it is up, and no more', async () => {
    const { ask, clock } = openApp()
    await clock.run(clock.sleep(61_999))
    const answer = await ask(PATH)
    expect([answer.status, answer.json]).toEqual([200, { status: 'ok', version: '0.1.0', uptime_s: 61 }])
  })

  test('tells a member how its reports fare and what waits on disk', async () => {
    const { json } = await openApp().ask(PATH, { headers: memberHeader(PATH) })
    expect(json).toEqual({
      ...{ status: 'ok', version: '0.1.0', uptime_s: 0 },
      ...{ consecutive_failures: 0, spool: { length: 3, bytes: 4096 } },
    })
  })
})

describe('GET /status/peer', () => {
  const PATH = '/status/peer'

  test.for([
    [0, { available: true, hops: 0 }],
    [2, { available: true, hops: 2 }],
    [null, { available: false, hops: null }],
  ] as const)('tells anyone who it is and whether it relays (%s), and no more', async ([hops, relay]) => {
    const { json } = await openApp({ hops: () => hops }).ask(PATH)
    expect(json).toEqual({ agent_id: OWN_ID, version: '0.1.0', relay, server_time: NOW })
  })

  test('tells a member its interfaces and routes', async () => {
    const { json } = await openApp().ask(PATH, { headers: memberHeader(PATH) })
    expect(json).toMatchObject({ agent_id: OWN_ID, interfaces: [{ name: 'wg0' }], routes: [] })
  })
})

describe('a member', () => {
  const isMore = async (path: string, headers: Record<string, string>) => {
    const { json, status } = await openApp().ask(path, { headers })
    expect(status).toBe(200)
    return 'interfaces' in json || 'spool' in json
  }

  test('is one with a previous key too', async () => {
    expect(await isMore('/status/peer', memberHeader('/status/peer', { psk: PREVIOUS }))).toBe(true)
  })

  test('is one whatever is asked beside the path', async () => {
    expect(await isMore('/status/peer?x=1', memberHeader('/status/peer'))).toBe(true)
  })

  test.for([
    ['for another path', memberHeader('/status/healthcheck')],
    ['made ten minutes ago', memberHeader('/status/peer', { at: NOW - 600_001 })],
    ['made ten minutes too early', memberHeader('/status/peer', { at: NOW + 600_001 })],
    ['of another fleet', memberHeader('/status/peer', { psk: OTHER })],
    ['with the agent’s own token', { authorization: `Bearer ${TOKEN}` }],
  ] as const)('with an authorisation %s is anyone', async ([, headers]) => {
    expect(await isMore('/status/peer', headers)).toBe(false)
  })
})

describe('POST /status/reset', () => {
  const post = (app: ReturnType<typeof openApp>, authorization?: string) =>
    app.ask('/status/reset', {
      method: 'POST',
      headers: authorization === undefined ? {} : { authorization },
    })

  test('with the agent’s own token resets it and gives the new id', async () => {
    const app = openApp()
    const answer = await post(app, `Bearer ${TOKEN}`)
    expect([answer.status, answer.json]).toEqual([
      200,
      { status: 'ok', agent_id: 'e'.repeat(32), server_time: NOW },
    ])
    expect(app.resets).toHaveLength(1)
  })

  test.for([
    ['nothing', undefined],
    ['another token', 'Bearer another-token-of-the-same-length'],
    ['an empty token', 'Bearer '],
    ['the token alone', 'one-token-of-this-agent'],
    ['the token as a password', 'Basic one-token-of-this-agent'],
    ['a member’s authorisation', memberHeader('/status/reset').authorization],
    ['the token and more', 'Bearer one-token-of-this-agent x'],
  ] as const)('with %s is refused and resets nothing', async ([, authorization]) => {
    const app = openApp({ token: 'one-token-of-this-agent' })
    const answer = await post(app, authorization)
    expect([answer.status, answer.json]).toEqual([
      401,
      { error: { code: 'unauthorized', message: expect.any(String) }, server_time: NOW },
    ])
    expect(app.resets).toEqual([])
  })
})

describe('everything else', () => {
  test.for([
    ['GET', '/'],
    ['GET', '/status'],
    ['GET', '/status/peer/'],
    ['GET', '/status/relay'],
    ['GET', '/status/reset'],
    ['POST', '/status/peer'],
    ['POST', '/status/updates'],
    ['POST', '/status/register'],
    ['GET', '/status/agents'],
    ['PUT', '/status/relay'],
    ['POST', '/status/relay/../reset/x'],
  ] as const)('is not there: %s %s', async ([method, path]) => {
    const { ask, forwarded, resets } = openApp()
    const answer = await ask(path, { method, headers: { authorization: `Bearer ${TOKEN}` } })
    expect([answer.status, answer.json]).toEqual([
      404,
      { error: { code: 'not_found', message: 'there is nothing here' }, server_time: NOW },
    ])
    expect([forwarded, resets]).toEqual([[], []])
  })
})
