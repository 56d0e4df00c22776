import { describe, expect, test } from 'vitest'
import { createMember, envelopeOf, NOW, reportOf } from '../fleet.js'
import { openRig, TOKEN } from '../rig.js'

const hel = createMember(1)
const sto = createMember(2)
const withToken = { authorization: `Bearer ${TOKEN}` }

const statusPath = (agentId: string) => `/api/v1/agents/${agentId}/status`
const asPost = (body: object) => ({ method: 'POST', headers: withToken, body: JSON.stringify(body) })

const ENDPOINTS = [
  ['GET', '/status/agents'],
  ['GET', '/status/alarms'],
  ['POST', '/status/admin/reset'],
  ['GET', `/api/v1/agents/${hel.agentId}`],
  ['POST', `/api/v1/agents/${hel.agentId}/status`],
  ['GET', '/api/v1/nothing'],
  ['DELETE', '/status/agents'],
] as const

async function openRigWithFleet() {
  const rig = await openRig()
  for (const member of [hel, sto]) await rig.send(envelopeOf(member, reportOf(member)))
  await rig.inference.idle()
  return rig
}

describe('an operator endpoint answers 401 and tells nothing of the fleet', () => {
  const wrong: readonly [string, Record<string, string>][] = [
    ['without a token', {}],
    ['with another token', { authorization: `Bearer ${TOKEN.slice(0, -1)}x` }],
    ['with the beginning of the token', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['with more than the token', { authorization: `Bearer ${TOKEN}x` }],
    ['with the token by another scheme', { authorization: `Basic ${TOKEN}` }],
    ['with the bare token', { authorization: TOKEN }],
    ['with an empty token', { authorization: 'Bearer ' }],
  ]
  test.each(ENDPOINTS.flatMap((endpoint) => wrong.map((one) => [...endpoint, ...one] as const)))(
    '%s %s %s',
    async (method, path, _, headers) => {
      const rig = await openRigWithFleet()
      const before = rig.content()
      const act = path.endsWith('reset') ? { fleet: true } : { status: 'revoked' }
      const body = method === 'POST' ? { body: JSON.stringify(act) } : {}
      const answer = await rig.ask(path, { method, headers, ...body })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.json).toEqual({
        error: { code: 'unauthorized', message: expect.any(String) },
        server_time: NOW,
      })
      expect(answer.text).not.toContain(hel.agentId)
      expect(rig.content()).toEqual(before)
    },
  )
})

describe('with the operator token', () => {
  test('the fleet is listed', async () => {
    const rig = await openRigWithFleet()
    const { status, json } = await rig.ask('/status/agents', { headers: withToken })
    expect(status).toBe(200)
    expect(json).toMatchObject({ server_time: NOW })
    expect(json.agents.map((agent: { agent_id: string }) => agent.agent_id).toSorted()).toEqual(
      [hel.agentId, sto.agentId].toSorted(),
    )
  })

  test('no alarm is active yet', async () => {
    const rig = await openRigWithFleet()
    expect((await rig.ask('/status/alarms', { headers: withToken })).json).toEqual({
      alarms: [],
      server_time: NOW,
    })
  })

  test('an agent that is not known is 404', async () => {
    const rig = await openRigWithFleet()
    const answer = await rig.ask(`/api/v1/agents/${createMember(9).agentId}`, { headers: withToken })
    expect(answer).toMatchObject({ status: 404, json: { error: { code: 'not_found' }, server_time: NOW } })
  })

  test.each([
    ['GET', '/nowhere'],
    ['GET', '/status/updates'],
    ['PUT', '/status/agents'],
    ['GET', '/'],
    ['GET', '/api/v1/nothing'],
  ])('there is nothing at %s %s: 404', async (method, path) => {
    const rig = await openRig()
    const answer = await rig.ask(path, { method, headers: withToken })
    expect(answer).toMatchObject({ status: 404, json: { error: { code: 'not_found' }, server_time: NOW } })
  })

  test('an agent is revoked and made active again, each audited; what it reports follows', async () => {
    const rig = await openRigWithFleet()
    const outcomes: unknown[] = []
    for (const [i, status] of (['revoked', 'active'] as const).entries()) {
      const answer = await rig.ask(statusPath(hel.agentId), asPost({ status }))
      expect(answer).toMatchObject({ status: 200, json: { agent_id: hel.agentId, status, server_time: NOW } })
      const sent = await rig.send(envelopeOf(hel, reportOf(hel, { tick: 2 + i })))
      outcomes.push(sent.json.error?.code ?? sent.json.status)
    }
    expect(outcomes).toEqual(['agent_revoked', 'ok'])
    expect(rig.content().audit).toMatchObject([
      { actor: 'operator token', act: 'status revoked', subject: hel.agentId, at: NOW },
      { actor: 'operator token', act: 'status active', subject: hel.agentId, at: NOW },
    ])
  })

  test.each(['', '{}', '{"status":"pending"}', '{"status":"active","more":1}'])(
    'a status of %s is malformed and changes nothing',
    async (body) => {
      const rig = await openRigWithFleet()
      const before = rig.content()
      const answer = await rig.ask(statusPath(hel.agentId), { method: 'POST', headers: withToken, body })
      expect(answer).toMatchObject({ status: 400, json: { error: { code: 'malformed' } } })
      expect(rig.content()).toEqual(before)
    },
  )

  test('the status of an agent that is not known is 404', async () => {
    const rig = await openRigWithFleet()
    const before = rig.content()
    const answer = await rig.ask(statusPath(createMember(9).agentId), asPost({ status: 'revoked' }))
    expect(answer).toMatchObject({ status: 404, json: { error: { code: 'not_found' } } })
    expect(rig.content()).toEqual(before)
  })

  test('one agent is reset, audited, and registers anew with its next report; the others stay', async () => {
    const rig = await openRigWithFleet()
    const body = JSON.stringify({ agent_id: hel.agentId })
    const answer = await rig.ask('/status/admin/reset', { method: 'POST', headers: withToken, body })
    expect(answer).toMatchObject({ status: 200, json: { status: 'ok', agents_reset: 1, server_time: NOW } })
    const { agents, reports, audit } = rig.content()
    expect(agents).toMatchObject([{ agent_id: sto.agentId }])
    expect(reports).toMatchObject([{ agent_id: sto.agentId }])
    expect(audit).toMatchObject([{ at: NOW, actor: 'operator token', act: 'reset', subject: hel.agentId }])
    expect((await rig.send(envelopeOf(hel, reportOf(hel, { tick: 2 })))).json.status).toBe('ok')
  })

  test('a report from before a reset is a duplicate after it, and is not kept again', async () => {
    const rig = await openRigWithFleet()
    const body = JSON.stringify({ fleet: true })
    const answer = await rig.ask('/status/admin/reset', { method: 'POST', headers: withToken, body })
    expect(answer.json).toMatchObject({ status: 'ok', agents_reset: 2 })
    expect((await rig.send(envelopeOf(hel, reportOf(hel)))).json.status).toBe('duplicate')
    const { agents, reports } = rig.content()
    expect({ agents, reports }).toEqual({ agents: [], reports: [] })
  })

  test('resetting an agent that is not known is 404', async () => {
    const rig = await openRigWithFleet()
    const body = JSON.stringify({ agent_id: createMember(9).agentId })
    const answer = await rig.ask('/status/admin/reset', { method: 'POST', headers: withToken, body })
    expect(answer.status).toBe(404)
    expect(rig.content().agents).toHaveLength(2)
  })

  test.each([
    '',
    'null',
    '{',
    '{}',
    '[]',
    '{"fleet":false}',
    '{"agent_id":5}',
    `{"agent_id":"${hel.agentId}","fleet":true}`,
  ])('a reset of %s is malformed and resets nothing', async (body) => {
    const rig = await openRigWithFleet()
    const before = rig.content()
    const answer = await rig.ask('/status/admin/reset', { method: 'POST', headers: withToken, body })
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'malformed' }, server_time: NOW } })
    expect(rig.content()).toEqual(before)
  })
})

test.each(['/', '/nowhere', '/status', '/status/updates', '/status/agents/', '/API/v1/agents'])(
  'what does not exist is 404 for anyone: GET %s',
  async (path) => {
    const rig = await openRigWithFleet()
    const answer = await rig.ask(path)
    expect(answer).toMatchObject({ status: 404, json: { error: { code: 'not_found' }, server_time: NOW } })
    expect(answer.text).not.toContain(hel.agentId)
  },
)

test('the health check is for anyone and says nothing of the fleet', async () => {
  const rig = await openRigWithFleet()
  rig.clock.advance(90_500)
  const { status, json } = await rig.ask('/status/healthcheck')
  expect(status).toBe(200)
  expect(json).toEqual({ status: 'ok', version: '0.1.0', uptime_s: 90 })
})
