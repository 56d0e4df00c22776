import { expect, test } from 'vitest'
import { UNKNOWN_MEMBER } from '../../src/core/protocol/verdict.js'
import { verifyReport } from '../../src/core/protocol/verify.js'
import { bytesOf, NOW, PSK } from '../core/sealed-report.js'
import { folderForEachTest } from '../core/temporary-folder.js'
import { runRounds } from './agent-rounds.js'
import { type Answering, proven, unproven } from './scripted-manager.js'

const folder = folderForEachTest()
const run = (scenario: Omit<Parameters<typeof runRounds>[0], 'folder'>) =>
  runRounds({ folder: folder(), ...scenario })

const NEW = Buffer.from('the secret after the rotation')

/** A source that is rotated once the manager has refused. */
function rotating() {
  let secret = PSK
  let reads = 0
  const read = async () => {
    reads++
    return { kind: 'secret', secret, publishedAt: null } as const
  }
  const rotate = () => {
    secret = NEW
  }
  return { source: { read, refreshMs: 1000 }, rotate, reads: () => reads }
}
const refuseOld: Answering = (received) => {
  const now = { serverTime: received.data.timestamp }
  const verdict = verifyReport(
    bytesOf(received.envelope),
    { keys: [NEW], now: now.serverTime, hop: undefined, mayRegister: true },
    () => UNKNOWN_MEMBER,
  )
  return verdict.kind === 'refused' ? unproven(401, 'bad_signature') : proven(received, { psk: NEW, ...now })
}

test('a refused signature makes the agent read the secret once, and try once more with the new one', async () => {
  const { source, rotate, reads } = rotating()
  const answer: Answering = (received) => {
    rotate()
    return refuseOld(received)
  }
  const { ticks, waits, lines } = await run({ rounds: 1, source, answer })
  expect(ticks).toEqual([1, 2])
  expect(waits).toHaveLength(1)
  expect(reads()).toBe(2)
  expect(lines.map(({ message }) => message)).toEqual([
    'the fleet secret was rotated',
    'the manager stores the reports',
  ])
})

test('a report is not tried again with the same secret', async () => {
  const { ticks, lines } = await run({ rounds: 3, answer: () => unproven(401, 'bad_signature') })
  expect(ticks).toEqual([1, 2, 3])
  expect(lines.map(({ fields, message }) => fields.reason ?? message)).toEqual([
    'bad_signature',
    'no way to a manager is known; the reports wait on disk',
  ])
})

test('a new secret that is refused too is tried once more and not again', async () => {
  const { source, rotate } = rotating()
  const answer: Answering = () => {
    rotate()
    return unproven(401, 'bad_signature')
  }
  const { ticks } = await run({ rounds: 1, source, answer })
  expect(ticks).toEqual([1, 2])
})

test('refused signatures make the agent read the secret at most once a minute', async () => {
  const { source, reads } = rotating()
  await run({ rounds: 5, source, answer: () => unproven(401, 'bad_signature') })
  // At 0, 60 and 120 s, and once when it was opened.
  expect(reads()).toBe(4)
})

test('a first manager that refuses the signature does not keep the second one from storing', async () => {
  const { received } = await run({
    rounds: 1,
    urls: ['http://a', 'http://b'],
    answer: (one) =>
      one.url.startsWith('http://a')
        ? unproven(401, 'bad_signature')
        : proven(one, { psk: PSK, serverTime: NOW }),
  })
  expect(received.map(({ url }) => url)).toEqual(['http://a/status/updates', 'http://b/status/updates'])
})

test('a report that another manager stored is not sent again because the first refused its signature', async () => {
  const { source, rotate, reads } = rotating()
  const { received } = await run({
    rounds: 1,
    urls: ['http://a', 'http://b'],
    source,
    answer: (one) => {
      rotate()
      return one.url.startsWith('http://a')
        ? unproven(401, 'bad_signature')
        : proven(one, { psk: PSK, serverTime: NOW })
    },
  })
  expect(received.map(({ url }) => url)).toEqual(['http://a/status/updates', 'http://b/status/updates'])
  expect(reads()).toBe(2)
})
