import { describe, expect, test } from 'vitest'
import { decodeAnswer } from '../../../src/core/protocol/answer.js'
import { envelopeOf, PREVIOUS_PSK, PSK } from '../fleet.js'
import { openRig } from '../rig.js'
import { hel, next, openRigWithHel, pathOf, relayed } from './exchange.js'

describe('the answer to a relayed report, handed over unchanged,', () => {
  test.each([
    ['the secret of both', PSK, PSK],
    ['an older secret at the origin', PREVIOUS_PSK, PSK],
    ['an older secret at the relay', PSK, PREVIOUS_PSK],
  ])('is believed by the origin with %s', async (_, originPsk, relayPsk) => {
    const rig = await openRig()
    const { body, headers } = relayed(envelopeOf(hel, next, {}, originPsk), pathOf(2), undefined, relayPsk)
    const answer = await rig.send(body, headers)
    expect(decodeAnswer(answer.text, originPsk, hel.agentId, next.nonce)).toMatchObject({ outcome: 'ok' })
    const otherPsk = originPsk === PSK ? PREVIOUS_PSK : PSK
    expect(decodeAnswer(answer.text, otherPsk, hel.agentId, next.nonce)).toBeUndefined()
  })

  test('tells the origin of a path that the relays made bad, and the report may still come another way', async () => {
    const rig = await openRigWithHel()
    const [first = ''] = pathOf(1)
    for (const [path, code] of [
      [[first, first], 'relay_loop'],
      [pathOf(4), 'too_many_hops'],
    ] as const) {
      const { body, headers } = relayed(envelopeOf(hel, next), path)
      const answer = await rig.send(body, headers)
      expect(decodeAnswer(answer.text, PSK, hel.agentId, next.nonce)).toMatchObject({ outcome: code })
    }
    expect((await rig.send(envelopeOf(hel, next))).json.status).toBe('ok')
  })

  test('is the same after four hops whether the origin stands in its path or not: the loop is told first', async () => {
    const rig = await openRig()
    const { body, headers } = relayed(envelopeOf(hel, next), [...pathOf(4), hel.agentId])
    expect((await rig.send(body, headers)).json.error.code).toBe('relay_loop')
  })
})
