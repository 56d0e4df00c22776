import { describe, expect, test } from 'vitest'
import {
  answerMac,
  envelopeOf,
  NOW,
  nonceOf,
  PREVIOUS_PSK,
  PSK,
  reportOf,
  unsignedEnvelope,
} from '../fleet.js'
import { type Answer, openRig } from '../rig.js'
import { deep, hel, next, openRigWithHel, pathOf, relayed, WINDOW_MS, withData } from './exchange.js'

describe('a good report', () => {
  test('is answered with status, server_time and a mac over both, after it is in the database', async () => {
    const rig = await openRig()
    const report = reportOf(hel)
    const answer = await rig.send(envelopeOf(hel, report))
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      status: 'ok',
      agent_id: hel.agentId,
      nonce: report.nonce,
      server_time: NOW,
      mac: answerMac(PSK, hel.agentId, report.nonce, 'ok', NOW),
    })
    expect(rig.content().reports).toMatchObject([{ agent_id: hel.agentId, tick: 1, timestamp: NOW }])
  })

  test('sent twice is kept once, and the second answer is a proven duplicate', async () => {
    const rig = await openRigWithHel()
    const before = rig.content()
    const report = reportOf(hel)
    const answer = await rig.send(envelopeOf(hel, report))
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      status: 'duplicate',
      agent_id: hel.agentId,
      nonce: report.nonce,
      server_time: NOW,
      mac: answerMac(PSK, hel.agentId, report.nonce, 'duplicate', NOW),
    })
    expect(rig.content()).toEqual(before)
  })

  test('is a duplicate too when it comes again by another way', async () => {
    const rig = await openRigWithHel()
    const { body, headers } = relayed(envelopeOf(hel, reportOf(hel)), pathOf(2))
    expect((await rig.send(body, headers)).json.status).toBe('duplicate')
  })

  test.each([1, 2, 3])('is taken over %i relays with the hop header of the last one', async (hops) => {
    const rig = await openRig()
    const { body, headers } = relayed(envelopeOf(hel, reportOf(hel)), pathOf(hops))
    expect((await rig.send(body, headers)).json.status).toBe('ok')
    expect(rig.content().reports).toMatchObject([{ relay_path: JSON.stringify(pathOf(hops)) }])
  })

  test('is taken with a timestamp at either end of the clock window', async () => {
    const rig = await openRig()
    for (const [tick, timestamp] of [NOW - WINDOW_MS, NOW + WINDOW_MS].entries())
      expect((await rig.send(envelopeOf(hel, reportOf(hel, { tick, timestamp })))).json.status).toBe('ok')
  })

  test('is taken with unknown fields, outside and inside data', async () => {
    const rig = await openRig()
    const envelope = withData({ tick: 1, moons: [{ of: 'Jupiter' }] })
    expect((await rig.send({ ...envelope, hue: 'green' })).json.status).toBe('ok')
  })

  test('is taken with data that nests 16 levels', async () => {
    const rig = await openRig()
    expect((await rig.send(withData({ unknown: deep(15) }))).json.status).toBe('ok')
  })

  test('without a signature is taken until the agent’s first signed report pins its key', async () => {
    const rig = await openRig()
    const answers = [
      await rig.send(unsignedEnvelope(hel, reportOf(hel, { tick: 1 }))),
      await rig.send(envelopeOf(hel, reportOf(hel, { tick: 2 }))),
      await rig.send(unsignedEnvelope(hel, reportOf(hel, { tick: 3 }))),
    ]
    expect(answers.map(({ json }) => json.error?.code ?? json.status)).toEqual(['ok', 'ok', 'bad_identity'])
  })

  test('may leave out its key once that is pinned', async () => {
    const rig = await openRigWithHel()
    const envelope = envelopeOf(hel, { ...next, publicKey: undefined })
    expect((await rig.send(envelope)).json.status).toBe('ok')
  })

  test('is answered alike whichever secret made its MAC, but for the mac itself', async () => {
    const oldest = Buffer.from('the secret two rotations ago')
    const answers: Answer[] = []
    for (const psk of [PSK, PREVIOUS_PSK, oldest]) {
      const rig = await openRig({ keys: [PSK, PREVIOUS_PSK, oldest] })
      answers.push(
        await rig.send(envelopeOf(hel, reportOf(hel), {}, psk)),
        await rig.send(envelopeOf(hel, reportOf(hel, { tick: 0, nonce: nonceOf('stale') }), {}, psk)),
      )
      const [ok, stale] = answers.slice(-2)
      expect(ok?.json.mac).toBe(answerMac(psk, hel.agentId, ok?.json.nonce, 'ok', NOW))
      expect(stale?.json.mac).toBe(answerMac(psk, hel.agentId, stale?.json.nonce, 'stale_tick', NOW))
    }
    const shown = answers.map(({ status, headers, json }) => ({
      status,
      headers: [...headers],
      json: { ...json, mac: '' },
    }))
    expect(shown.slice(2, 4)).toEqual(shown.slice(0, 2))
    expect(shown.slice(4, 6)).toEqual(shown.slice(0, 2))
  })
})
