import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMember, envelopeOf, NOW, nonceOf, reportOf } from './fleet.js'
import { openRig } from './rig.js'

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
    fc.asyncProperty(runs, async ({ fates, isDrainedAmong, spool }) => {
      const rig = await openRig()
      let tick = 0
      const send = async (moment: number) => {
        const timestamp = rig.clock.now()
        const report = reportOf(hel, {
          ...{ tick: ++tick, timestamp, collectedAt: NOW + moment * INTERVAL_MS, nonce: nonceOf(`${tick}`) },
          ...{ hostname: `moment ${moment}`, bootId: moment < MOMENTS / 2 ? 'b001' : 'b002' },
        })
        expect((await rig.send(envelopeOf(hel, report))).json.status).toBe('ok')
        if (tick % 3 === 0) await rig.inference.idle()
      }
      for (const [moment, fate] of fates.entries()) {
        if (fate !== 'spooled') await send(moment)
        rig.clock.advance(INTERVAL_MS)
        // A moment is sent again at the earliest when the next one is.
        const next = spool.find((waiting) => waiting < moment)
        if (isDrainedAmong && fate === 'live' && next !== undefined) await send(next)
      }
      for (const moment of spool) {
        rig.clock.advance(500)
        await send(moment)
      }
      await rig.inference.idle()

      const { reports, agents } = rig.content()
      const filed = reports?.map(({ collected_at }) => (Number(collected_at) - NOW) / INTERVAL_MS)
      expect(filed?.toSorted((a, b) => a - b)).toEqual([...Array(MOMENTS).keys()])
      expect(agents).toMatchObject([
        {
          ...{ hostname: `moment ${MOMENTS - 1}`, boot_id: 'b002', last_tick: tick },
          ...{ collected_at: END - INTERVAL_MS, measured_at: END - INTERVAL_MS },
        },
      ])
    }),
    { numRuns: 40 },
  )
})
