import { describe, expect, test } from 'vitest'
import type { Store } from '../../../src/manager/store/port.js'
import { answerMac, createMember, envelopeOf, NOW, PSK, registrationOf, reportOf } from '../fleet.js'
import { openRig } from '../rig.js'

const members = [...Array(50).keys()].map(createMember)
const first = (i: number) => {
  const member = members[i]
  if (!member) throw new Error('no such member')
  return { member, report: reportOf(member), envelope: envelopeOf(member, reportOf(member)) }
}

/** A real store whose appends can be held back or made to fail, with the size of each group that came. */
function gated() {
  const groups: number[] = []
  const state = { hold: Promise.resolve() as Promise<unknown>, failure: undefined as Error | undefined }
  const wrap = (store: Store): Store => ({
    ...store,
    append: async (candidates, judge) => {
      groups.push(candidates.length)
      await state.hold
      if (state.failure) throw state.failure
      return store.append(candidates, judge)
    },
    register: async (asked) => {
      if (state.failure) throw state.failure
      return store.register(asked)
    },
  })
  return { wrap, groups, state }
}

describe('reports that arrive together', () => {
  test('share one transaction, and each is answered for itself', async () => {
    const { wrap, groups } = gated()
    const rig = await openRig({ wrap })
    const stale = envelopeOf(first(0).member, reportOf(first(0).member, { tick: 0, nonce: 'n'.repeat(22) }))
    const answers = await Promise.all(
      [...members.keys()].map((i) => rig.send(first(i).envelope)).concat(rig.send(stale)),
    )
    expect(answers.map(({ json }) => json.error?.code ?? json.status)).toEqual([
      ...Array(50).fill('ok'),
      'stale_tick',
    ])
    expect(groups).toEqual([51])
    expect(rig.content().reports).toHaveLength(50)
  })

  test('are kept once when they are the same one', async () => {
    const rig = await openRig()
    const answers = await Promise.all([...Array(9).keys()].map(() => rig.send(first(0).envelope)))
    expect(answers.map(({ json }) => json.status)).toEqual(['ok', ...Array(8).fill('duplicate')])
    expect(rig.content().reports).toHaveLength(1)
  })

  test('are answered only after the commit', async () => {
    const { wrap, state } = gated()
    const rig = await openRig({ wrap })
    const gate = Promise.withResolvers<void>()
    state.hold = gate.promise
    let answered = 0
    const all = Promise.all(
      [0, 1, 2].map(async (i) => {
        const answer = await rig.send(first(i).envelope)
        answered++
        return answer
      }),
    )
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect({ answered, reports: rig.content().reports }).toEqual({ answered: 0, reports: [] })
    const drained = rig.ingest.drain()
    gate.resolve()
    expect((await all).map(({ status }) => status)).toEqual([200, 200, 200])
    await drained
    expect(rig.content().reports).toHaveLength(3)
  })
})

describe('while the store cannot commit', () => {
  test('every report of the group is answered 503 with a mac and Retry-After, and nothing is kept', async () => {
    const { wrap, state } = gated()
    const rig = await openRig({ wrap })
    state.failure = new Error('disk full')
    const before = rig.content()
    const answers = await Promise.all([0, 1, 2].map((i) => rig.send(first(i).envelope)))
    for (const [i, answer] of answers.entries()) {
      const { member, report } = first(i)
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.json).toEqual({
        error: { code: 'unavailable', message: expect.any(String) },
        server_time: NOW,
        agent_id: member.agentId,
        nonce: report.nonce,
        mac: answerMac(PSK, member.agentId, report.nonce, 'unavailable', NOW),
      })
      expect(answer.text).not.toContain('disk full')
    }
    expect(rig.content()).toEqual(before)
  })

  test('a registration is answered 503 too', async () => {
    const { wrap, state } = gated()
    const rig = await openRig({ wrap })
    state.failure = new Error('disk full')
    const answer = await rig.send(registrationOf(first(0).member), {}, '/status/register')
    expect(answer).toMatchObject({ status: 503, json: { error: { code: 'unavailable' } } })
    expect(answer.headers.get('retry-after')).not.toBeNull()
  })

  test('the log says so once, and once when it commits again; the same reports are taken then', async () => {
    const { wrap, state } = gated()
    const rig = await openRig({ wrap })
    state.failure = new Error('disk full')
    for (const i of [0, 1, 2]) await rig.send(first(i).envelope)
    state.failure = undefined
    for (const i of [0, 1, 2]) expect((await rig.send(first(i).envelope)).json.status).toBe('ok')
    expect(rig.logged.map(({ level, fields }) => ({ level, ...fields }))).toEqual([
      { level: 'error', reason: 'disk full' },
      { level: 'info' },
    ])
  })
})

test('when 2048 reports wait already, the next one is answered 429 with a mac and Retry-After', async () => {
  const { wrap, state, groups } = gated()
  const rig = await openRig({ wrap })
  const gate = Promise.withResolvers<void>()
  state.hold = gate.promise
  const { member, envelope } = first(0)
  const bytes = Buffer.from(JSON.stringify(envelope))
  const waiting = [rig.ingest.report(bytes, undefined)]
  while (groups.length === 0) await new Promise((resolve) => setImmediate(resolve))
  for (let i = 0; i < 2048; i++) waiting.push(rig.ingest.report(bytes, undefined))

  const report = reportOf(member, { tick: 2 })
  const answer = await rig.send(envelopeOf(member, report))
  expect(answer.status).toBe(429)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answer.json).toMatchObject({
    error: { code: 'rate_limited' },
    mac: answerMac(PSK, member.agentId, report.nonce, 'rate_limited', NOW),
  })

  gate.resolve()
  const verdicts = await Promise.all(waiting)
  expect(verdicts.map(({ kind }) => kind)).toEqual(['accepted', ...Array(2048).fill('duplicate')])
})
