import { expect, test } from 'vitest'
import { explainReport } from '../../../src/core/protocol/explain.js'
import { CHECKS } from '../../../src/core/protocol/verdict.js'
import { bytesOf, NOW, OTHER_KEY, PSK, RELAY_A, type Sealing, seal } from '../sealed-report.js'

const explain = (sealing: Sealing, now = NOW) => explainReport(bytesOf(seal(sealing)), [PSK], now)
const resultsOf = ({ checks }: ReturnType<typeof explain>) => checks.map(({ result }) => result)

test('a good report passes every check but the one that needs a manager’s memory', () => {
  const explained = explain({})
  expect(explained.isGood).toBe(true)
  expect(explained.checks.map(({ check }) => check)).toEqual(CHECKS)
  expect(resultsOf(explained)).toEqual([...Array(9).fill('passed'), 'skipped'])
})

test('the check that fails is told with its code and place, and later ones are not looked at', () => {
  const explained = explain({ data: { tick: 'one' }, key: OTHER_KEY.privateKey })
  expect(explained.isGood).toBe(false)
  expect(explained.checks[4]).toMatchObject({
    check: 'schema',
    result: 'failed',
    code: 'invalid',
    path: 'tick',
  })
  expect(resultsOf(explained)).toEqual([...Array(4).fill('passed'), 'failed', ...Array(5).fill('skipped')])
})

test('an old report fails its clock check alone', () => {
  const explained = explain({}, NOW + 600_001)
  expect(explained.checks.filter(({ result }) => result === 'failed')).toMatchObject([
    { check: 'clock', code: 'clock_skew' },
  ])
})

test('a forwarded report is good without its hop header, which is not part of the file', () => {
  const explained = explain({ outside: { relay_path: [RELAY_A] } })
  expect(explained.isGood).toBe(true)
  expect(resultsOf(explained)).toEqual([...Array(8).fill('passed'), 'skipped', 'skipped'])
})
