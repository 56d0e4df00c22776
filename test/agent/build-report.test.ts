import { expect, test } from 'vitest'
import { buildReport } from '../../src/agent/build-report.js'
import { collectSnapshot } from '../../src/agent/collect.js'
import { encodeReport, reportSchema } from '../../src/core/protocol/report.js'
import { AGENT_ID, KEY, NONCE } from '../core/sealed-report.js'
import { failed, openFixtureHost, SITUATIONS } from './fixture-host.js'

const reporter = {
  agentId: AGENT_ID,
  publicKey: KEY.publicKey,
  fleetId: 'default',
  agentVersion: '0.1.0',
  intervalS: 30,
  labels: { site: 'hel' },
}
const signing = { tick: 7, timestamp: 1_795_198_760_000, nonce: NONCE }
const collect = (situation: string, change = {}) =>
  collectSnapshot(openFixtureHost(situation, change).host, { now: () => 1_795_198_700_000 })

test.for(SITUATIONS)('the report of %s is one by the schema, and its own JSON', async (situation) => {
  const text = encodeReport(buildReport(await collect(situation), reporter, signing))
  const parsed = reportSchema.safeParse(JSON.parse(text))
  expect(parsed.error?.issues).toBeUndefined()
  expect(parsed.data).toEqual(JSON.parse(text))
})

test('a report tells who, when it was measured and when it was signed', async () => {
  const report = buildReport(await collect('mesh6-n1-healthy'), reporter, signing)
  expect(report).toMatchObject({
    schema: 'kattila.report/1',
    ...reporter,
    ...signing,
    collectedAt: 1_795_198_700_000,
    hostname: 'n1',
    bootId: '37b2f2aee171436e9e3551f51361d465',
  })
})

test('a section that could not be collected is absent and has a failure, and is never an empty list', async () => {
  const change = { commands: { 'wg show all dump': failed('timeout', 'it hung') } }
  const wire = JSON.parse(
    encodeReport(buildReport(await collect('mesh6-n1-healthy', change), reporter, signing)),
  )
  expect(wire).not.toHaveProperty('wg_peers')
  expect(wire).not.toHaveProperty('wg_interfaces')
  expect(wire.failures).toEqual([{ collector: 'wireguard', code: 'timeout', message: expect.any(String) }])
})
