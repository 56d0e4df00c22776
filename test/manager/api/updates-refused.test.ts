import { describe, expect, test } from 'vitest'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { answerMac, envelopeOf, NOW, PSK, reportOf } from '../fleet.js'
import { type Answer, openRig } from '../rig.js'
import { ENVELOPE_REFUSALS } from './envelope-refusals.js'
import { hel, next, openRigWithHel, proven, type Refused } from './exchange.js'
import { RELAY_REFUSALS } from './relay-refusals.js'
import { REPORT_REFUSALS } from './report-refusals.js'

const REFUSALS = [...ENVELOPE_REFUSALS, ...REPORT_REFUSALS, ...RELAY_REFUSALS]

function expectRefusal(answer: Answer, { status, code, path, provenFor, request }: Refused) {
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  const { error, server_time, mac, nonce, agent_id, ...rest } = answer.json
  expect({ status: answer.status, code: error.code, path: error.path }).toEqual({ status, code, path })
  expect(error.message).toEqual(expect.any(String))
  expect(server_time).toBe(NOW)
  expect(rest).toEqual({})
  expect(answer.headers.get('retry-after')).toBeNull()
  if (provenFor === undefined) {
    expect({ mac, nonce, agent_id }).toEqual({})
    return
  }
  const agentId = (request.body as Envelope).agent_id ?? ''
  expect({ agent_id, nonce }).toEqual({ agent_id: agentId, nonce: provenFor })
  expect(mac).toBe(answerMac(PSK, agentId, provenFor, code, NOW))
}

describe('a report is refused and changes nothing', () => {
  test.each(REFUSALS)('when $when: $status $code', async (refused) => {
    const rig = await openRigWithHel()
    const before = rig.content()

    const answer = await rig.send(refused.request.body, refused.request.headers)

    expectRefusal(answer, refused)
    await rig.inference.idle()
    expect(rig.content()).toEqual(before)
  })

  test.each([
    ['pending', 'agent_pending'],
    ['revoked', 'agent_revoked'],
  ] as const)('when its agent is %s: 403 %s', async (status, code) => {
    const rig = await openRigWithHel()
    await rig.store.setStatus(hel.agentId, status, {
      at: NOW,
      actor: 'a test',
      act: status,
      subject: hel.agentId,
    })
    const before = rig.content()
    const request = { body: envelopeOf(hel, next) }

    const answer = await rig.send(request.body)

    expectRefusal(answer, { when: status, request, status: 403, code, ...proven })
    expect(rig.content()).toEqual(before)
  })

  test('only a refused MAC makes the manager look for a new secret', async () => {
    const rig = await openRigWithHel()
    for (const { request } of REFUSALS.filter(({ code }) => code !== 'bad_signature'))
      await rig.send(request.body, request.headers)
    expect(rig.refreshes()).toBe(0)
    await rig.send(envelopeOf(hel, next, {}, Buffer.from('some other secret')))
    expect(rig.refreshes()).toBe(1)
  })
})

test('with approval required, an unknown agent is kept as pending with its key and answered agent_pending', async () => {
  const rig = await openRig({ requiresApproval: true })
  const answers = [await rig.send(envelopeOf(hel, reportOf(hel))), await rig.send(envelopeOf(hel, next))]
  expect(answers.map(({ json }) => json.error.code)).toEqual(['agent_pending', 'agent_pending'])
  const { agents, reports, replay_nonces } = rig.content()
  expect(agents).toMatchObject([
    { agent_id: hel.agentId, status: 'pending', public_key: hel.identity.publicKey },
  ])
  expect({ reports, replay_nonces }).toEqual({ reports: [], replay_nonces: [] })
})
