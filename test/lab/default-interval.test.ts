import { expect, test } from 'vitest'
import { REPORT_INTERVAL_S } from '../../src/core/protocol/constants.js'
import { provideFleet } from './fleet.js'
import { until } from './until.js'

const fleet = provideFleet(['-f', 'line5'])

test('with the default interval too, reports arrive over one, two and three hops within 60 s of losing the direct path', async () => {
  const { startManager, startAgent, filed, lab } = fleet()
  await startManager()
  const relayed = ['n2', 'n3', 'n4']
  await Promise.all(['n1', ...relayed].map((host) => startAgent(host, REPORT_INTERVAL_S)))
  await until('a direct report of each', 60_000, () => relayed.every((host) => filed(host).length > 0))
  // Right after a report, so that the loss goes unnoticed for as long as it can.
  await Promise.all(relayed.map((host) => lab('cut', host, 'mgr', 'tcp')))
  const lostAt = Date.now()
  for (const [i, host] of relayed.entries()) {
    const first = await until(`a relayed report of ${host}`, 110_000, () =>
      filed(host).find(({ path }) => path.length > 0),
    )
    expect(first.path).toHaveLength(i + 1)
    expect(first.receivedAt - lostAt, host).toBeLessThan(60_000)
  }
})
