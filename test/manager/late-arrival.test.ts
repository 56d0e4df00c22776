import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openInference } from '../../src/manager/inference/run.js'
import type { Candidate } from '../../src/manager/store/port.js'
import { openSqliteStore } from '../../src/manager/store/sqlite/store.js'
import { createMember, NOW } from './fleet.js'
import { createLog, makeTestDirectory, readContent } from './rig.js'
import { appendTo, candidateOf } from './store/candidates.js'

const hel = createMember(1)
const INTERVAL_MS = 30_000
const MOMENTS = 12
const END = NOW + MOMENTS * INTERVAL_MS

/**
 * A run of an agent: some moments arrive live, in their order, with or without an answer; the others,
 * and those whose answer was lost, come from its spool, in any order and some of them repeatedly.
 */
const runs = fc
  .array(fc.constantFrom('live', 'answer lost', 'spooled'), { minLength: MOMENTS, maxLength: MOMENTS })
  .chain((fates) => {
    const spooled = fates.flatMap((fate, moment) => (fate === 'live' ? [] : [moment]))
    const all = fc.shuffledSubarray([...spooled, ...spooled], { minLength: spooled.length * 2 })
    return fc.record({ fates: fc.constant(fates), isDrainedAmong: fc.boolean(), spool: all })
  })

test('in whatever order live and late reports arrive, each moment is filed once and the newest one is what is known', async () => {
  await fc.assert(
    fc.asyncProperty(
      runs,
      fc.integer({ min: 1, max: 30 }),
      async ({ fates, isDrainedAmong, spool }, group) => {
        const arriving: Candidate[] = []
        const send = (moment: number, timestamp: number) => {
          const tick = arriving.length + 1
          const said = { hostname: `moment ${moment}`, bootId: moment < MOMENTS / 2 ? 'b001' : 'b002' }
          const report = { ...said, tick, timestamp, collectedAt: NOW + moment * INTERVAL_MS }
          arriving.push(candidateOf(hel, report, { receivedAt: timestamp }))
        }
        for (const [moment, fate] of fates.entries()) {
          const now = NOW + moment * INTERVAL_MS
          if (fate !== 'spooled') send(moment, now)
          // A moment is sent again at the earliest when the next one is.
          const next = spool.find((waiting) => waiting < moment)
          if (isDrainedAmong && fate === 'live' && next !== undefined) send(next, now + 500)
        }
        for (const [i, moment] of spool.entries()) send(moment, END + i * 500)

        const path = join(makeTestDirectory(), 'kattila_manager.db')
        const store = openSqliteStore(path)
        const inference = await openInference(store, createLog().log)
        for (let i = 0; i < arriving.length; i += group) {
          const verdicts = await appendTo(store, ...arriving.slice(i, i + group))
          expect(new Set(verdicts)).toEqual(new Set(['accepted']))
          inference.wake()
          await inference.idle()
        }
        await store.close()

        const { reports, agents } = readContent(path)
        const filed = reports?.map(({ collected_at }) => (Number(collected_at) - NOW) / INTERVAL_MS)
        expect(filed?.toSorted((a, b) => a - b)).toEqual([...Array(MOMENTS).keys()])
        const newest = END - INTERVAL_MS
        expect(agents).toMatchObject([
          {
            ...{ hostname: `moment ${MOMENTS - 1}`, boot_id: 'b002', last_tick: arriving.length },
            ...{ collected_at: newest, measured_at: newest },
          },
        ])
      },
    ),
    { numRuns: 40 },
  )
})
