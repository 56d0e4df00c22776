import { describe, expect, test } from 'vitest'
import { judgeAnswer } from '../../../src/agent/delivery/outcome.js'
import type { HttpOutcome } from '../../../src/core/node/http.js'
import { reportSchema } from '../../../src/core/protocol/report.js'
import { fromWire } from '../../../src/core/protocol/wire-names.js'
import { AGENT_ID, NOW, PSK, seal } from '../../core/sealed-report.js'
import { type Answering, proven, type Received, unproven } from '../scripted-manager.js'

const report = fromWire(reportSchema.parse(JSON.parse(seal().data)))

describe('through a relay', () => {
  const way = { kind: 'relay', url: 'http://r' } as const
  const judged = (one: ReturnType<Answering>) =>
    judgeAnswer(one as HttpOutcome, { report, psk: PSK }, { way, sentAt: NOW, answeredAt: NOW })
  const received = { data: { agent_id: AGENT_ID, nonce: report.nonce } } as Received

  test.for(['relay_loop', 'too_many_hops', 'bad_hop'])(
    'a proven %s says that the relay spoilt the path: that way failed, the report is as good as before',
    (outcome) => {
      const judgement = judged(proven(received, { psk: PSK, serverTime: NOW, outcome }))
      expect(judgement).toMatchObject({ kind: 'failed', way, reason: 'bad_path' })
    },
  )

  test.for([
    [503, 'unavailable'],
    [429, 'rate_limited'],
  ] as const)('%d without proof is the relay’s own word, not the manager’s', ([status, code]) => {
    expect(judged(unproven(status, code))).toMatchObject({ kind: 'failed', way, reason: 'relay_busy' })
  })

  test('a proven unavailable is the manager’s', () => {
    const answer = proven(received, { psk: PSK, serverTime: NOW, outcome: 'unavailable' })
    expect(judged(answer)).toMatchObject({ kind: 'failed', reason: 'busy' })
  })
})
