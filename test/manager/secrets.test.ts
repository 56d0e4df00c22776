import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { buildReport } from '../../src/agent/build-report.js'
import { collectSnapshot } from '../../src/agent/collect.js'
import { dumpOf, openFixtureHost, SITUATIONS, secretsOf } from '../agent/fixture-host.js'
import { createMember, envelopeOf, NOW, nonceOf, PSK } from './fleet.js'
import { openRig, TOKEN } from './rig.js'

const key = (letter: string) => Buffer.alloc(32, letter).toString('base64')

/** A dump with private and preshared keys, kernel and userspace: no capture has a preshared one. */
const DUMP_WITH_PRESHARED_KEYS = [
  ['wg0', key('s'), key('o'), '51820', 'off'],
  ['wg0', key('a'), key('p'), '203.0.113.9:51820', '10.9.0.2/32', '1795199462', '1648', '672', '25'],
  ['wg1', key('t'), key('u'), '0', '0xca6c'],
  ['wg1', key('b'), key('q'), '(none)', '(none)', '0', '0', '0', 'off'],
]
  .map((columns) => `${columns.join('\t')}\n`)
  .join('')

/** Every way a secret could be written down: as published, in another alphabet, as bytes or in hex. */
function formsOf(secret: string): readonly Buffer[] {
  const raw = Buffer.from(secret, 'base64')
  return [
    Buffer.from(secret),
    Buffer.from(secret.replace(/=+$/, '')),
    Buffer.from(raw.toString('base64url')),
    Buffer.from(raw.toString('hex')),
    raw,
  ]
}

const hosts = [
  ...SITUATIONS.map((name) => ({ name, dump: dumpOf(name), ...openFixtureHost(name) })),
  {
    name: 'preshared keys',
    dump: DUMP_WITH_PRESHARED_KEYS,
    ...openFixtureHost('no-wireguard-mgr', { commands: { 'wg show all dump': DUMP_WITH_PRESHARED_KEYS } }),
  },
]

test('no private or preshared key of any captured host comes into the database, a log or an answer', async () => {
  const rig = await openRig()
  const texts: string[] = []
  for (const [i, { host, capturedAt }] of hosts.entries()) {
    const member = createMember(i)
    const snapshot = await collectSnapshot(host, { now: () => capturedAt })
    const reporter = {
      ...{ agentId: member.agentId, publicKey: member.identity.publicKey, fleetId: 'default' },
      ...{ agentVersion: '0.1.0', intervalS: 30, labels: {} },
    }
    const report = buildReport(snapshot, reporter, { tick: 1, timestamp: NOW, nonce: nonceOf(`${i}`) })
    const envelope = envelopeOf(member, report)
    const answers = [await rig.send(envelope), await rig.send({ ...envelope, hmac: '0'.repeat(64) })]
    expect(answers.map(({ status }) => status)).toEqual([200, 401])
    texts.push(...answers.map(({ text }) => text))
  }
  await rig.inference.idle()
  const headers = { authorization: `Bearer ${TOKEN}` }
  const paths = hosts.map((_, i) => `/api/v1/agents/${createMember(i).agentId}`)
  for (const path of ['/status/agents', '/status/alarms', '/status/healthcheck', ...paths])
    texts.push((await rig.ask(path, { headers })).text)

  const bodies = (rig.content().reports ?? []).map(({ body }) => gunzipSync(body as Buffer))
  const directory = dirname(rig.databasePath)
  const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)))
  const haystack = Buffer.concat([
    ...texts.map((text) => Buffer.from(text)),
    ...bodies,
    ...files,
    Buffer.from(JSON.stringify(rig.content())),
    Buffer.from(JSON.stringify(rig.logged)),
  ])

  const secrets = hosts.flatMap(({ dump }) => secretsOf(dump))
  expect(secrets.length).toBeGreaterThan(10)
  for (const secret of secrets)
    for (const form of formsOf(secret)) expect(haystack.includes(form)).toBe(false)
  expect(haystack.includes(Buffer.from(PSK))).toBe(false)

  // That the search finds what is there: public keys are kept.
  const publicKeys = hosts.flatMap(({ dump }) => dump.split('\n').map((line) => line.split('\t')[2] ?? ''))
  const known = publicKeys.filter((one) => one.length === 44 && !secrets.includes(one))
  expect(known.length).toBeGreaterThan(5)
  expect(known.filter((one) => !haystack.includes(one))).toEqual([])
})
