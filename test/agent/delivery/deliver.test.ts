import { describe, expect, test } from 'vitest'
import type { Envelope } from '../../../src/core/protocol/envelope.js'
import { hopHeader, NOW, RELAY_A, RELAY_B } from '../../core/sealed-report.js'
import { answerOf } from '../scripted-manager.js'
import { busy, OWN, openDelivery, refuses, relay, silent, stores } from './open-delivery.js'

describe('directly', () => {
  test('managers are asked in their order, and the first that takes it is the last that is asked', async () => {
    const { send, network } = openDelivery(
      { 'http://a': refuses, 'http://b': stores, 'http://c': stores },
      {
        managers: ['http://a', 'http://b', 'http://c'],
      },
    )
    expect(await send()).toMatchObject({ status: 200 })
    expect(network.asked).toEqual(['POST http://a/status/updates', 'POST http://b/status/updates'])
  })

  test('a manager that did not take it is not asked for 30 s, whatever there is to send', async () => {
    const { send, network, clock } = openDelivery({ 'http://a': refuses, 'http://b': stores })
    await send()
    for (let i = 0; i < 29; i++) {
      await clock.run(clock.sleep(1000))
      await send()
    }
    expect(network.asked.filter((one) => one.includes('//a'))).toHaveLength(1)
    await clock.run(clock.sleep(1000))
    await send()
    expect(network.asked.filter((one) => one.includes('//a'))).toHaveLength(2)
  })

  test('silence costs at most 3 s of the budget', async () => {
    const { send, network, clock } = openDelivery({ 'http://a': silent, 'http://b': stores })
    await send()
    expect(network.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([3000, 3000])
    expect(clock.now() - NOW).toBe(3000)
  })

  test('its hop is made by this agent over the path that it carries, and no answer may be large', async () => {
    const envelope = { ...OWN, relay_path: [RELAY_A, RELAY_B] }
    const { send, network } = openDelivery({ 'http://a': stores }, { envelope: envelope as Envelope })
    await send()
    expect(network.requests[0]).toMatchObject({
      headers: { 'Kattila-Hop': hopHeader(envelope) },
      maxAnswerBytes: 65_536,
    })
    expect(network.requests[0]?.headers).not.toHaveProperty('Kattila-Budget-Ms')
    expect(JSON.parse(network.requests[0]?.body ?? '')).toEqual(envelope)
  })

  test('what a manager declined without proof goes to the next, and then to no relay', async () => {
    const { send, network } = openDelivery(
      { 'http://a': () => answerOf(401, {}), 'http://b': refuses, 'http://r1': stores },
      { relays: [relay(1)] },
    )
    expect(await send()).toMatchObject({ status: 401 })
    expect(network.asked).toEqual(['POST http://a/status/updates', 'POST http://b/status/updates'])
    await send()
    expect(network.asked.at(-1)).toBe('POST http://a/status/updates')
  })
})

describe('a busy manager', () => {
  test('is left alone for as long as it asked, and no relay is tried, now or then', async () => {
    const { send, network, clock } = openDelivery(
      { 'http://a': busy, 'http://r1': stores },
      { managers: ['http://a'], relays: [relay(1)] },
    )
    expect(await send()).toBeUndefined()
    for (let s = 0; s < 59; s += 5) {
      await clock.run(clock.sleep(5000))
      expect(await send()).toBeUndefined()
    }
    expect(network.asked).toEqual(['POST http://a/status/updates'])
    await clock.run(clock.sleep(30_000))
    await send()
    expect(network.asked).toHaveLength(2)
  })

  test('does not keep a second one from taking it', async () => {
    const { send } = openDelivery({ 'http://a': busy, 'http://b': stores })
    expect(await send()).toMatchObject({ status: 200 })
  })

  test.for(['soon', '', '-3', '0', 'Fri, 20 Nov 2026 21:00:00 GMT'])(
    'that asks for %j gets 5 s',
    async (retryAfter) => {
      const { send, network, clock } = openDelivery(
        { 'http://a': () => ({ ...answerOf(503, {}), headers: { 'retry-after': retryAfter } }) as never },
        { managers: ['http://a'] },
      )
      await send()
      await clock.run(clock.sleep(4999))
      await send()
      expect(network.asked).toHaveLength(1)
      await clock.run(clock.sleep(2501))
      await send()
      expect(network.asked).toHaveLength(2)
    },
  )
})
